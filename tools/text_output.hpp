#pragma once
// Text that goes out as it is made, so that nobody holds all of it.

#include <optional>
#include <string>
#include <string_view>

#include <dbn/io/streamed_file.hpp>

/// A file, which appears at its path by commit() or not at all, or stdout. Whatever fails is a dbn::IoError.
class TextOutput {
 public:
  /// Opens the file; an empty path means stdout.
  explicit TextOutput(const std::string& path);

  /// Few large pieces are better than many small ones.
  void append(std::string_view text);
  void commit();

 private:
  std::optional<dbn::StreamedFile> file_;
};
