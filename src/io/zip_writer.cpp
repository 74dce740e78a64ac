#include <dbn/io/zip_writer.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <zip.h>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

namespace dbn {
namespace {

[[noreturn]] void fail(const char* action, const char* reason) {
  throw IoError(fmt::format("zip: cannot {}: {}", action, reason));
}

void check_names(const std::vector<ZipEntry>& entries) {
  constexpr std::size_t kLongestName = 1000;
  std::set<std::string_view> names;
  for (const ZipEntry& entry : entries) {
    const std::string& name = entry.name;
    const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (name.empty() || name.size() > kLongestName || !ascii)
      throw InvalidArgument(fmt::format("zip: expected names of 1 to {} ASCII characters, found {}", kLongestName,
                                        quote_for_message(name)));
    if (!names.insert(name).second) throw InvalidArgument(fmt::format("zip: two files named {}", name));
  }
}

/// A header before what of it varies in length: its first bytes, its size, where its date and where the two or three
/// lengths of what follows stand in it.
struct Header {
  std::string_view magic;
  std::size_t size;
  std::size_t date;
  std::size_t lengths;
  std::size_t length_count;
};
constexpr Header kLocalHeader{"PK\3\4", 30, 10, 26, 2};
constexpr Header kDirectoryHeader{"PK\1\2", 46, 12, 28, 3};

/// Sets the date of the header there to the first of January 1980, 12 o'clock; the header's whole size.
std::size_t set_date(ByteBuffer& bytes, std::uint64_t at, const Header& header) {
  constexpr std::array<std::uint8_t, 4> kDate{0, 12 << 3, 1 << 5 | 1, 0};
  if (at + header.size > bytes.size() ||
      !std::equal(header.magic.begin(), header.magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)))
    fail("date a file", "its header is not where it was expected");
  std::copy(kDate.begin(), kDate.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at + header.date));
  std::size_t size = header.size;
  for (std::size_t i = 0; i < header.length_count; ++i) {
    const std::uint64_t length = at + header.lengths + 2 * i;
    size += bytes[length] + (std::size_t{bytes[length + 1]} << 8);
  }
  return size;
}

/// What libzip calls a source: where an archive is written to in memory, or what one of its files is read from.
class Source {
 public:
  explicit Source(zip_source_t* source) : source_(source) {}
  ~Source() { zip_source_free(source_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  zip_source_t* get() const { return source_; }
  /// For a call that frees it when it succeeds.
  void release() { source_ = nullptr; }

 private:
  zip_source_t* source_;
};

/// libzip's own report of what went wrong, for calls without an archive.
class Report {
 public:
  Report() { zip_error_init(&error_); }
  ~Report() { zip_error_fini(&error_); }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  zip_error_t* get() { return &error_; }
  const char* text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

/// An archive that grows in memory. Its entries' bytes are read by finish(), not before.
class Archive {
 public:
  Archive() : memory_(zip_source_buffer_create(nullptr, 0, 0, report_.get())) {
    if (memory_.get() == nullptr) fail("begin an archive", report_.text());
    zip_source_keep(memory_.get());  // the archive frees one of two holds
    archive_ = zip_open_from_source(memory_.get(), ZIP_TRUNCATE, report_.get());
    if (archive_ == nullptr) {
      zip_source_free(memory_.get());
      fail("begin an archive", report_.text());
    }
  }
  ~Archive() {
    if (archive_ != nullptr) zip_discard(archive_);
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  void add(const ZipEntry& entry) {
    Source source(source_of(entry));
    const zip_int64_t index = zip_file_add(archive_, entry.name.c_str(), source.get(), ZIP_FL_ENC_GUESS);
    if (index < 0) fail("add a file", zip_strerror(archive_));
    source.release();
    const auto at = static_cast<zip_uint64_t>(index);
    if (zip_set_file_compression(archive_, at, ZIP_CM_STORE, 0) < 0) fail("describe a file", zip_strerror(archive_));
    align(at, entry);
    sizes_.push_back(size_of(entry));
  }

  ByteBuffer finish() {
    if (zip_close(archive_) < 0) fail("write an archive", zip_strerror(archive_));
    archive_ = nullptr;
    zip_source_t* memory = memory_.get();
    if (zip_source_open(memory) < 0) fail("read an archive", zip_error_strerror(zip_source_error(memory)));
    ByteBuffer bytes(size_of(memory));
    const zip_int64_t read = zip_source_read(memory, bytes.data(), bytes.size());
    if (read != std::ssize(bytes)) fail("read an archive", zip_error_strerror(zip_source_error(memory)));
    zip_source_close(memory);
    set_dates(bytes);
    return bytes;
  }

 private:
  static std::uint64_t size_of(const ZipEntry& entry) {
    std::uint64_t size = 0;
    for (const auto piece : entry.pieces) size += piece.size();
    return size;
  }

  // libzip takes dates the way over local time, which some time zones shift. The local headers come first, each with
  // its file, then those of the directory.
  void set_dates(ByteBuffer& bytes) const {
    std::uint64_t at = 0;
    for (const std::uint64_t size : sizes_) at += set_date(bytes, at, kLocalHeader) + size;
    for (std::size_t i = 0; i < sizes_.size(); ++i) at += set_date(bytes, at, kDirectoryHeader);
  }

  // Bytes of an open source, which is left at its beginning.
  static std::size_t size_of(zip_source_t* source) {
    const bool at_end = zip_source_seek(source, 0, SEEK_END) == 0;
    const zip_int64_t size = at_end ? zip_source_tell(source) : -1;
    if (size < 0 || zip_source_seek(source, 0, SEEK_SET) < 0)
      fail("read an archive", zip_error_strerror(zip_source_error(source)));
    return static_cast<std::size_t>(size);
  }

  zip_source_t* source_of(const ZipEntry& entry) {
    std::vector<zip_buffer_fragment_t> fragments;
    // libzip takes what it only reads as data that might be changed, and no fragments without bytes.
    for (const auto piece : entry.pieces)
      if (!piece.empty()) fragments.push_back({const_cast<zip_uint8_t*>(piece.data()), piece.size()});
    zip_source_t* source =
        fragments.empty() ? zip_source_buffer_create(nullptr, 0, 0, report_.get())
                          : zip_source_buffer_fragment_create(fragments.data(), fragments.size(), 0, report_.get());
    if (source == nullptr) fail("take a file's bytes", report_.text());
    return source;
  }

  // An extra field of the file's own header, with nothing in it but room, as PyTorch's own writer has it.
  void align(zip_uint64_t index, const ZipEntry& entry) {
    constexpr std::uint64_t kAlignment = 64, kFieldHeader = 4;
    constexpr zip_uint16_t kPadding = 0x4246;
    const std::uint64_t unpadded = place_ + kLocalHeader.size + entry.name.size() + kFieldHeader;
    const std::vector<zip_uint8_t> room((kAlignment - unpadded % kAlignment) % kAlignment, 'Z');
    if (zip_file_extra_field_set(archive_, index, kPadding, ZIP_EXTRA_FIELD_NEW, room.data(),
                                 static_cast<zip_uint16_t>(room.size()), ZIP_FL_LOCAL) < 0)
      fail("align a file", zip_strerror(archive_));
    place_ = unpadded + room.size() + size_of(entry);
  }

  Report report_;
  Source memory_;
  zip_t* archive_ = nullptr;
  std::uint64_t place_ = 0;           ///< where the next file's header begins
  std::vector<std::uint64_t> sizes_;  ///< bytes of each file
};

}  // namespace

ByteBuffer encode_zip(const std::vector<ZipEntry>& entries) {
  // libzip deletes an archive without files instead of writing it.
  if (entries.empty()) throw InvalidArgument("zip: expected at least one file, found none");
  check_names(entries);
  Archive archive;
  for (const ZipEntry& entry : entries) archive.add(entry);
  return archive.finish();
}

}  // namespace dbn
