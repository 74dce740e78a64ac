#include <dbn/io/zip_archive.hpp>

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <zip.h>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

#include "zip_layout.hpp"

namespace dbn {
namespace {

using Member = ZipArchive::Member;

zip_t* open_archive(std::span<const std::uint8_t> bytes, const std::string& name) {
  detail::check_zip_end(bytes, name);
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (archive != nullptr) return archive;
  const int code = zip_error_code_zip(&error);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  zip_source_free(source);
  if (code == ZIP_ER_MEMORY) throw Error(fmt::format("{}: out of memory while opening the archive", name));
  if (code == ZIP_ER_EXISTS) throw DataError(fmt::format("{}: two members have the same name", name));
  throw DataError(fmt::format("{}: damaged zip archive: {}; fetch the file again", name, reason));
}

bool is_plain_name(std::string_view name) {
  const auto spoils = [](char c) { return (c >= 0 && c < ' ') || c == '\x7F' || c == '/' || c == '\\'; };
  return !name.empty() && name.find("..") == name.npos && std::none_of(name.begin(), name.end(), spoils);
}

zip_stat_t stat_of(zip_t* archive, std::size_t member, const std::string& name) {
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat_index(archive, member, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & kNeeded) != kNeeded)
    throw DataError(fmt::format("{}: damaged zip archive: nothing known of member {}", name, member + 1));
  return stat;
}

std::vector<Member> members_of(zip_t* archive, const std::string& name) {
  std::vector<Member> members(static_cast<std::size_t>(zip_get_num_entries(archive, 0)));
  for (std::size_t i = 0; i < members.size(); ++i) {
    const zip_stat_t stat = stat_of(archive, i, name);
    members[i] = {.name = stat.name, .compressed_size = stat.comp_size, .size = stat.size};
    if (!is_plain_name(stat.name))
      throw DataError(fmt::format("{}: expected members with plain file names, found {}; nothing of it is read", name,
                                  quote_for_message(stat.name)));
  }
  return members;
}

}  // namespace

bool is_zip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 4 && bytes[0] == 'P' && bytes[1] == 'K' &&
         ((bytes[2] == 3 && bytes[3] == 4) || (bytes[2] == 5 && bytes[3] == 6));
}

ZipArchive::ZipArchive(std::span<const std::uint8_t> bytes, std::string name)
    : name_(std::move(name)),
      archive_(open_archive(bytes, name_), &zip_discard),
      members_(members_of(archive_.get(), name_)) {
  detail::check_zip_overlap(bytes, name_, members_);
}

void ZipArchive::refuse(const std::string& member, const std::string& fault) const {
  throw DataError(fmt::format("{}: member {}: {}", name_, quote_for_message(member), fault));
}

void ZipArchive::check_readable(std::size_t member, std::size_t limit) const {
  constexpr std::uint64_t kMostCompression = 1000;
  constexpr std::uint64_t kNeverABomb = std::uint64_t{1} << 20;
  const auto& [member_name, compressed_size, size] = members_[member];
  const zip_stat_t stat = stat_of(archive_.get(), member, name_);
  if (stat.encryption_method != ZIP_EM_NONE) refuse(member_name, "is encrypted; expected an archive without password");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    refuse(member_name, fmt::format("unknown method {}; expected 0 (stored) or 8 (deflated)", stat.comp_method));
  if (size > limit) refuse(member_name, fmt::format("promises {} bytes, more than the limit of {} bytes", size, limit));
  if (size > kNeverABomb && size / kMostCompression > compressed_size)
    refuse(member_name, fmt::format("{} bytes promise {}, more than {} times as many: a bomb", compressed_size, size,
                                    kMostCompression));
  if (stat.comp_method == ZIP_CM_STORE && size != compressed_size)
    refuse(member_name, fmt::format("stored in {} bytes, promises {}; expected as many", compressed_size, size));
}

ByteBuffer ZipArchive::read(std::size_t member, std::size_t limit) const {
  check_readable(member, limit);
  const auto& [member_name, compressed_size, size] = members_[member];
  const auto close = [](zip_file_t* file) { zip_fclose(file); };
  const std::unique_ptr<zip_file_t, decltype(close)> file(zip_fopen_index(archive_.get(), member, 0), close);
  if (!file) refuse(member_name, zip_strerror(archive_.get()));
  // A promise counts for what data of this kind compress to and no further: the rest of the room comes with the bytes.
  constexpr std::uint64_t kUsualCompression = 64;
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;
  ByteBuffer contents;
  contents.reserve(std::min(size, kUsualCompression * compressed_size) + 1);
  for (;;) {
    // One byte more than promised is asked for: only at the end does libzip compare the CRC.
    const std::size_t done = contents.size();
    const std::uint64_t wanted = std::min(kPiece, size - done) + (done == size ? 1 : 0);
    contents.resize(done + wanted);
    const zip_int64_t count = zip_fread(file.get(), contents.data() + done, wanted);
    if (count < 0) refuse(member_name, fmt::format("{}; fetch the file again", zip_file_strerror(file.get())));
    contents.resize(done + static_cast<std::size_t>(count));
    if (count == 0) break;
    if (done == size) refuse(member_name, fmt::format("holds more than the {} bytes that it promises", size));
  }
  if (contents.size() < size)
    refuse(member_name, fmt::format("promises {} bytes, ends after {}", size, contents.size()));
  return contents;
}

}  // namespace dbn
