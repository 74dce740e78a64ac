#include <dbn/io/stored_file.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "descriptor.hpp"

namespace dbn {

struct StoredFile::Open {
  explicit Open(const std::string& path) : file(path, path, O_RDONLY) {}
  std::uint64_t size() const { return static_cast<std::uint64_t>(file.status().st_size); }

  detail::Descriptor file;
};

StoredFile::StoredFile(const std::string& path) : path_(path), open_(std::make_unique<const Open>(path)) {
  if (!S_ISREG(open_->file.status().st_mode))
    throw IoError(fmt::format("{}: expected a plain file, which can be read at any place", path));
  size_ = open_->size();
}

StoredFile::~StoredFile() = default;

void StoredFile::read_at(std::uint64_t offset, std::span<std::uint8_t> target) const {
  if (offset > size_ || target.size() > size_ - offset)
    throw InvalidArgument(fmt::format("{}: expected a place within {} bytes, found bytes {} to {}", path_, size_,
                                      offset, offset + target.size()));
  // One that only grew was not complete, or another one was written over it.
  if (const std::uint64_t now = open_->size(); now != size_)
    throw DataError(
        fmt::format("{}: expected {} bytes, as when it was opened, found {}: it was changed while it was "
                    "read; try again when nothing writes it",
                    path_, size_, now));
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
