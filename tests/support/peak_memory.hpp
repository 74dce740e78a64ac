#pragma once
// How much the process grew at its largest, for tests that a hostile count allocates nothing.

#include <cstddef>
#include <fstream>
#include <string>

namespace dbn::test {

class PeakMemory {
 public:
  PeakMemory() {
    // Linux resets the peak to the present size; without that, an earlier test could hide the growth.
    std::ofstream("/proc/self/clear_refs") << "5";
    start_ = peak();
  }

  /// Bytes between the size at construction and the largest since then.
  std::size_t growth() const { return peak() - start_; }

 private:
  static std::size_t peak() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::size_t kibibytes = 0;
      if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
    }
    return 0;
  }

  std::size_t start_ = 0;
};

}  // namespace dbn::test
