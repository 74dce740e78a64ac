#pragma once
// How much the process grew at its largest, for tests that a hostile count allocates nothing.

#include <malloc.h>

#include <cstddef>
#include <fstream>
#include <string>

namespace dbn::test {

/// Whether the heap is the C library's: those of sanitizers hold more than what was asked for.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kPlainHeap = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kPlainHeap = false;
#else
inline constexpr bool kPlainHeap = true;
#endif
#else
inline constexpr bool kPlainHeap = true;
#endif

class PeakMemory {
 public:
  PeakMemory() {
    mallopt(M_MMAP_THRESHOLD, 1 << 17);  // what is freed goes back, rather than to the next one who asks
    malloc_trim(0);
    free_ = mallinfo2().fordblks;
    // Linux resets the peak to the present size; without that, an earlier test could hide the growth.
    std::ofstream("/proc/self/clear_refs") << "5";
    start_ = peak();
  }

  /// Bytes between the size at construction and the largest since then; the system counts pages now and then only, so
  /// that it may find fewer than before.
  std::size_t growth() const {
    const std::size_t most = peak();
    return most > start_ ? most - start_ : 0;
  }

  /// Bytes that earlier tests have freed and that the heap kept: so much is taken without growth.
  std::size_t free_at_start() const { return free_; }

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
  std::size_t free_ = 0;
};

}  // namespace dbn::test
