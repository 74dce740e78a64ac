#pragma once
// Folders that dbn keeps files of its own in, every call checked.

#include <string>
#include <vector>

namespace dbn {

/// Makes the folder; false when it is there already. Its parent must exist. Throws IoError with path and cause.
bool make_folder(const std::string& path);

/// A folder for files that are still to come: made, unless it is there, and gone again when none came.
class OutputFolder {
 public:
  /// Throws IoError like make_folder.
  explicit OutputFolder(const std::string& path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

 private:
  std::string path_;
  bool made_;
};

/// Holds a folder against other processes that ask the same, while it lives.
class FolderLock {
 public:
  /// Throws IoError when another process holds the folder.
  explicit FolderLock(const std::string& path);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int handle_;
};

/// Names of the entries, sorted; none for a folder that does not exist. Throws IoError.
std::vector<std::string> names_in_folder(const std::string& path);

/// Removes a file; nothing when it is gone already. Throws IoError.
void remove_file(const std::string& path);

}  // namespace dbn
