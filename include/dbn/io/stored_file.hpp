#pragma once
// A file that is too large to be held in memory, read piece by piece where it lies.

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <dbn/io/file.hpp>

namespace dbn {

/// A plain file that stays open: who replaces or removes it meanwhile does no harm. It is not mapped, because pages in
/// memory would count as the process's own, and a file that somebody cuts off would end the process. Any number of
/// threads may read at once.
class StoredFile {
 public:
  /// Throws IoError, which names path and cause, also for what is no plain file.
  explicit StoredFile(const std::string& path);
  ~StoredFile();
  StoredFile(const StoredFile&) = delete;
  StoredFile& operator=(const StoredFile&) = delete;

  const std::string& path() const { return path_; }
  /// Bytes that it held when it was opened.
  std::uint64_t size() const { return size_; }

  /// Fills `target` from byte `offset` on. Throws IoError, or DataError when the file no longer is as long as it was or
  /// was written since it was opened; InvalidArgument for bytes that it never had.
  void read_at(std::uint64_t offset, std::span<std::uint8_t> target) const;
  /// Its first bytes, `most` of them where it has so many. Throws as read_at() does.
  ByteBuffer beginning(std::size_t most) const;

 private:
  struct Open;
  std::string path_;
  std::unique_ptr<const Open> open_;
  std::uint64_t size_ = 0;
};

}  // namespace dbn
