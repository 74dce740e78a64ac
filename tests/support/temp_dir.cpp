#include "temp_dir.hpp"

#include <cstdlib>
#include <stdexcept>

namespace dbn::test {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "dbn-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  folder_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace dbn::test
