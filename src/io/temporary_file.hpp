#pragma once
// The file beside a target under whose name it is going to stand: how files are replaced whole or not at all.

#include <sys/types.h>

#include <string>

#include "descriptor.hpp"

namespace dbn::detail {

/// The path that rename() has to replace: a link stays, what it points to is written. Throws IoError.
std::string follow_link(const std::string& path);

/// Throws IoError unless `path` is free or a regular file in an existing folder; true when the file exists. Renaming
/// over anything else would destroy a device or a pipe.
bool check_target(const std::string& path);

/// "." for a path without a folder.
std::string parent_folder(const std::string& path);

/// The process that made a temporary file of this name; 0 for any other name.
pid_t maker_of(const std::string& entry);

/// A new file beside the target, which becomes the target by `replace()` or vanishes.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  Descriptor& file() { return file_; }
  void replace();

 private:
  std::string target_;
  std::string path_;
  Descriptor file_;
  bool replaced_ = false;
};

}  // namespace dbn::detail
