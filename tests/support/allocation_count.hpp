#pragma once
// How often this program takes memory from the heap.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dbn::test {

/// Whether allocations can be counted: sanitizers bring an allocator of their own, and Eigen's products, other than
/// oneDNN's, take their scratch memory in our name.
bool can_count_allocations();

/// Counts allocations by any thread while it lives, without those of the product library. One at a time.
class AllocationCount {
 public:
  AllocationCount();
  ~AllocationCount();
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;

  std::size_t now() const;
};

/// Counts before each batch of second epochs, when all that is made once has been made.
class SecondEpochCounts {
 public:
  SecondEpochCounts() { counts_.reserve(100); }  // a record must not add to what it counts

  /// To be called before a batch.
  void operator()(std::int64_t epoch) {
    if (epoch == 2) counts_.push_back(allocations_.now());
  }
  const std::vector<std::size_t>& counts() const { return counts_; }

 private:
  AllocationCount allocations_;
  std::vector<std::size_t> counts_;
};

}  // namespace dbn::test
