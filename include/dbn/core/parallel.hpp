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
/// caller's thread, so that there is one level of parallelism. The first exception thrown is thrown again here.
void parallel_for(Index n, FunctionRef<void(Index)> body);

/// A cut of [0, size) into `count` pieces of nearly equal length, each but the last a multiple of 16. It depends on
/// the problem only, never on the number of threads: this is what keeps results the same bits on any machine load.
class Tiles {
 public:
  /// Pieces of at most about `length`; their number is even, which suits two cores, where multiples of 16 allow it.
  Tiles(Index size, Index length);

  Index count() const { return count_; }
  Index first(Index tile) const { return tile * length_; }
  Index length(Index tile) const { return std::min(length_, size_ - tile * length_); }

 private:
  Index size_;
  Index length_;
  Index count_;
};

}  // namespace dbn
