#pragma once
// Threads: one loop over work whose pieces do not depend on how many threads there are.

#include <algorithm>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// Threads that `parallel_for` may use; at least 1. Starts as what OpenMP offers (OMP_NUM_THREADS or all cores).
int thread_count();

/// Sets the threads of all later loops; 0 means all cores. Throws InvalidArgument below 0 or above 4096.
void set_thread_count(int count);

/// Calls body(i) once for every i in [0, n), in any order and on any thread. A loop inside a loop runs on its
/// caller's thread, so that there is one level of parallelism. The first exception thrown is thrown again here,
/// and pieces that have not begun by then are left out.
void parallel_for(Index n, FunctionRef<void(Index)> body);

/// A cut of [0, size) into `count` pieces. They begin at multiples of `granule` and differ in length by one granule at
/// most (the last may be shorter still, where the size is no multiple). The cut depends on the problem only, never on
/// the number of threads: this is what keeps results the same bits on any machine load.
class Tiles {
 public:
  /// Pieces of at most about `length`; their number is even, which suits two cores, where the granule allows it.
  Tiles(Index size, Index length, Index granule = 16);

  Index count() const { return count_; }
  Index first(Index tile) const { return granule_ * (tile * base_ + std::min(tile, longer_)); }
  Index length(Index tile) const { return std::min(first(tile + 1), size_) - first(tile); }

 private:
  Index size_;
  Index granule_;
  Index count_ = 0;
  Index base_ = 0;    ///< granules of each piece
  Index longer_ = 0;  ///< how many pieces, the first ones, have one granule more
};

}  // namespace dbn
