#pragma once
// A text file that grows line by line, so that what has been written outlives the process that wrote it.

#include <memory>
#include <string>
#include <string_view>

namespace dbn {

/// Appends to a file that is there already. A process that is killed leaves at most one line without its end.
class LineFile {
 public:
  /// Throws IoError with path and cause, as append() does.
  explicit LineFile(const std::string& path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Writes `line`, which holds no line feed, and its end, and returns once they are on the disk. What a failure leaves
  /// may be a part of the line, so the file takes no more then: throws InvalidArgument.
  void append(std::string_view line);

 private:
  struct Open;
  std::unique_ptr<Open> open_;
};

}  // namespace dbn
