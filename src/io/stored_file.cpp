#include <dbn/io/stored_file.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "descriptor.hpp"

namespace dbn {
namespace {

std::uint64_t size_of(const struct stat& status) { return static_cast<std::uint64_t>(status.st_size); }

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

struct StoredFile::Open {
  explicit Open(const std::string& path) : file(path, path, O_RDONLY), before(file.status()) {}

  detail::Descriptor file;
  struct stat before;  ///< when it was opened
};

StoredFile::StoredFile(const std::string& path) : path_(path), open_(std::make_unique<const Open>(path)) {
  if (!S_ISREG(open_->before.st_mode))
    throw IoError(fmt::format("{}: expected a plain file, which can be read at any place", path));
  size_ = size_of(open_->before);
}

StoredFile::~StoredFile() = default;

void StoredFile::read_at(std::uint64_t offset, std::span<std::uint8_t> target) const {
  if (offset > size_ || target.size() > size_ - offset)
    throw InvalidArgument(fmt::format("{}: expected a place within {} bytes, found bytes {} to {}", path_, size_,
                                      offset, offset + target.size()));
  // One that only grew was not complete, or another one was written over it.
  const struct stat now = open_->file.status();
  if (size_of(now) != size_)
    throw DataError(
        fmt::format("{}: expected {} bytes, as when it was opened, found {}: it was changed while it was "
                    "read; try again when nothing writes it",
                    path_, size_, size_of(now)));
  if (!same_time(now.st_mtim, open_->before.st_mtim))
    throw DataError(
        fmt::format("{}: expected the bytes of when it was opened, found it written since then: it was changed while "
                    "it was read; try again when nothing writes it",
                    path_));
  while (!target.empty()) {
    const std::size_t count = open_->file.read_some_at(offset, target);
    if (count == 0)
      throw DataError(
          fmt::format("{}: expected {} bytes, as when it was opened, file ends after {}: it was changed "
                      "while it was read; try again when nothing writes it",
                      path_, size_, offset));
    offset += count;
    target = target.subspan(count);
  }
}

ByteBuffer StoredFile::beginning(std::size_t most) const {
  ByteBuffer bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size_, most)));
  read_at(0, bytes);
  return bytes;
}

}  // namespace dbn
