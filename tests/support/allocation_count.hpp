#pragma once
// How often this program takes memory from the heap.

#include <cstddef>

namespace dbn::test {

/// Whether allocations can be counted: sanitizers bring an allocator of their own, and Eigen's products, other than
/// oneDNN's, take their scratch memory in our name.
bool can_count_allocations();

/// Allocations since the program began, by any thread, without those of the product library.
std::size_t allocation_count();

}  // namespace dbn::test
