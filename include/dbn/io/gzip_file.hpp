#pragma once
// A gzip file, written as it is made.

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace dbn {

/// Compresses what is appended by zlib into one gzip member, and replaces a path by it, whole or not at all, as
/// StreamedFile does. The header holds neither a time nor a name: the same bytes make the same file.
class GzipFile {
 public:
  /// Opens the temporary file. Throws IoError, which names path and cause, as all of these do.
  explicit GzipFile(const std::string& path);
  ~GzipFile();
  GzipFile(GzipFile&&) noexcept;
  GzipFile& operator=(GzipFile&&) noexcept;

  void append(std::span<const std::uint8_t> bytes);

  /// Ends the member and gives the file its name. Once committed, and once anything has failed, the file takes no more:
  /// both functions throw InvalidArgument then.
  void commit();

 private:
  class Deflater;
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace dbn
