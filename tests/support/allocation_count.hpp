#pragma once
// How often this program takes memory from the heap.

#include <cstddef>

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

}  // namespace dbn::test
