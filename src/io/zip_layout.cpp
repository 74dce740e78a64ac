#include "zip_layout.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

namespace dbn::detail {
namespace {

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kWideLocatorBytes = 20;
constexpr std::size_t kWideEndBytes = 56;
constexpr std::size_t kDirectoryBytes = 46;  // of an entry, before its name
constexpr std::size_t kLocalBytes = 30;      // of a local header, before its name
constexpr std::uint32_t kIsWide = std::numeric_limits<std::uint32_t>::max();

/// Bytes of a zip archive, whose numbers are little-endian. Nothing is read beyond the end.
class ZipBytes {
 public:
  ZipBytes(std::span<const std::uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::size_t size() const { return bytes_.size(); }
  bool has(std::uint64_t at, std::string_view magic) const {
    return holds(at, magic.size()) && std::equal(magic.begin(), magic.end(), bytes_.begin() + std::ptrdiff_t(at));
  }
  std::uint64_t number(std::uint64_t at, std::size_t size) const {
    if (!holds(at, size)) refuse(fmt::format("it points to byte {} of {}", at, bytes_.size()));
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes_[at + i];
    return value;
  }
  [[noreturn]] void refuse(const std::string& fault) const {
    throw DataError(fmt::format("{}: damaged zip directory: {}; fetch the file again", name_, fault));
  }

 private:
  bool holds(std::uint64_t at, std::size_t size) const { return at <= bytes_.size() && bytes_.size() - at >= size; }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
};

/// What the end of an archive says of its directory.
struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t offset = 0;
};

Directory directory_of(const ZipBytes& bytes) {
  const std::size_t end = bytes.size() - kEndBytes;
  // Archives beyond 4 GiB have a wider record before the usual one, and a pointer to it between the two.
  if (end < kWideLocatorBytes || !bytes.has(end - kWideLocatorBytes, "PK\x06\x07"))
    return {bytes.number(end + 10, 2), bytes.number(end + 16, 4)};
  const std::uint64_t record = bytes.number(end - kWideLocatorBytes + 8, 8);
  if (!bytes.has(record, "PK\x06\x06")) bytes.refuse("no record where its end points to");
  return {bytes.number(record + 32, 8), bytes.number(record + kWideEndBytes - 8, 8)};
}

std::uint64_t entry_size(const ZipBytes& bytes, std::uint64_t entry) {
  return kDirectoryBytes + bytes.number(entry + 28, 2) + bytes.number(entry + 30, 2) + bytes.number(entry + 32, 2);
}

/// libzip reads a directory for every record whose comment would end with the file, as many as a hostile file holds.
void check_one_end(const ZipBytes& bytes) {
  constexpr std::size_t kLongestComment = std::numeric_limits<std::uint16_t>::max();
  const std::size_t end = bytes.size() - kEndBytes;
  for (std::size_t at = end - std::min(end, kLongestComment); at < end; ++at)
    if (bytes.has(at, "PK\x05\x06") && at + kEndBytes + bytes.number(at + 20, 2) == bytes.size())
      bytes.refuse(fmt::format("a second end record at byte {}", at));
}

void check_entry_count(const ZipBytes& bytes, const std::string& name) {
  constexpr std::uint64_t kMost = 4096;
  const Directory directory = directory_of(bytes);
  // A record may say less than the truth, and libzip reads on as long as entries follow.
  std::uint64_t found = 0;
  for (std::uint64_t entry = directory.offset; found <= kMost && bytes.has(entry, "PK\x01\x02"); ++found)
    entry += entry_size(bytes, entry);
  if (std::max(found, directory.entries) > kMost)
    throw DataError(fmt::format(
        "{}: expected a zip archive of at most {} members, its end or directory has more; use several files", name,
        kMost));
}

/// The offset of a local header when an entry's own field is too narrow for it: the extra field of type 1 holds those
/// numbers that are, in a fixed order.
std::uint64_t wide_offset(const ZipBytes& bytes, std::uint64_t entry) {
  std::uint64_t at = entry + kDirectoryBytes + bytes.number(entry + 28, 2);
  const std::uint64_t end = at + bytes.number(entry + 30, 2);
  while (at + 4 <= end) {
    const std::uint64_t size = bytes.number(at + 2, 2);
    if (bytes.number(at, 2) == 1) {
      const std::uint64_t before =
          8 * ((bytes.number(entry + 20, 4) == kIsWide ? 1u : 0u) + (bytes.number(entry + 24, 4) == kIsWide ? 1u : 0u));
      if (size < before + 8) break;
      return bytes.number(at + 4 + before, 8);
    }
    at += 4 + size;
  }
  bytes.refuse("no offset of a member");
}

struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  const std::string* name = nullptr;
};

/// One member, from its local header to the end of its data.
Extent extent_of(const ZipBytes& bytes, std::uint64_t entry, std::uint64_t directory,
                 const ZipArchive::Member& member) {
  if (!bytes.has(entry, "PK\x01\x02")) bytes.refuse(fmt::format("no entry at byte {}", entry));
  // libzip makes spaces of them.
  for (std::uint64_t i = 0; i < bytes.number(entry + 28, 2); ++i)
    if (bytes.number(entry + kDirectoryBytes + i, 1) == 0) bytes.refuse("a NUL byte in a member's name");
  const std::uint64_t narrow = bytes.number(entry + 42, 4);
  const std::uint64_t begin = narrow == kIsWide ? wide_offset(bytes, entry) : narrow;
  if (!bytes.has(begin, "PK\x03\x04")) bytes.refuse(fmt::format("no member at byte {}", begin));
  const std::uint64_t data = begin + kLocalBytes + bytes.number(begin + 26, 2) + bytes.number(begin + 28, 2);
  if (data > directory || member.compressed_size > directory - data)
    bytes.refuse(fmt::format("member {} reaches beyond byte {}, where the directory begins",
                             quote_for_message(member.name), directory));
  return {begin, data + member.compressed_size, &member.name};
}

}  // namespace

void check_zip_end(std::span<const std::uint8_t> bytes, const std::string& name) {
  const ZipBytes zip(bytes, name);
  const std::size_t end = bytes.size() - std::min(bytes.size(), kEndBytes);
  if (!zip.has(end, "PK\x05\x06") || bytes.size() < kEndBytes || zip.number(end + 20, 2) != 0)
    throw DataError(
        fmt::format("{}: expected the end record of a zip archive in the last {} bytes of {}, found none: the file is "
                    "truncated, followed by other bytes or a comment, or no zip archive",
                    name, kEndBytes, bytes.size()));
  check_one_end(zip);
  check_entry_count(zip, name);
}

void check_zip_overlap(std::span<const std::uint8_t> bytes, const std::string& name,
                       std::span<const ZipArchive::Member> members) {
  const ZipBytes zip(bytes, name);
  const std::uint64_t directory = directory_of(zip).offset;
  std::vector<Extent> extents;
  std::uint64_t entry = directory;
  for (const auto& member : members) {
    extents.push_back(extent_of(zip, entry, directory, member));
    entry += entry_size(zip, entry);
  }
  std::ranges::sort(extents, {}, &Extent::begin);
  for (std::size_t i = 1; i < extents.size(); ++i)
    if (extents[i].begin < extents[i - 1].end)
      throw DataError(fmt::format("{}: members {} and {} overlap, as in a bomb", name,
                                  quote_for_message(*extents[i - 1].name), quote_for_message(*extents[i].name)));
}

}  // namespace dbn::detail
