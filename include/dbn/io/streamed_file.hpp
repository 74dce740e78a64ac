#pragma once
// A file that is too large to be held in memory, written as it is made.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dbn {

/// Replaces a path by what is appended, whole or not at all, as write_file() does: bytes go to a temporary file in the
/// same folder, and only commit() gives it the name. Without commit() the temporary file is removed in the end, and
/// what stood at the path stays.
class StreamedFile {
 public:
  /// Opens the temporary file. Throws IoError, which names path and cause, as all of these do.
  explicit StreamedFile(const std::string& path);
  ~StreamedFile();
  StreamedFile(StreamedFile&&) noexcept;
  StreamedFile& operator=(StreamedFile&&) noexcept;

  /// Writes these bytes behind those before, unbuffered: few large pieces are better than many small ones.
  void append(std::span<const std::uint8_t> bytes);
  void append(std::string_view text);

  /// fsync, rename, fsync of the folder. Once committed, and once anything has failed, the file takes no more: both
  /// functions throw InvalidArgument then.
  void commit();

 private:
  struct Open;
  std::unique_ptr<Open> take();

  std::string path_;
  std::unique_ptr<Open> open_;
};

}  // namespace dbn
