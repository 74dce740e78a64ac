#include <dbn/core/parallel.hpp>

#include <atomic>
#include <exception>

#include <fmt/format.h>
#include <omp.h>

#include <dbn/core/error.hpp>

#include "tile_product.hpp"

namespace dbn {
namespace {

constexpr int kMostThreads = 4096;

std::atomic<int>& chosen_threads() {
  static std::atomic<int> threads{omp_get_max_threads()};
  return threads;
}

}  // namespace

int thread_count() { return chosen_threads(); }

void set_thread_count(int count) {
  if (count < 0 || count > kMostThreads)
    throw InvalidArgument(fmt::format("threads: expected 0 (all cores) to {}, found {}", kMostThreads, count));
  chosen_threads() = count == 0 ? omp_get_num_procs() : count;
}

void parallel_for(Index n, FunctionRef<void(Index)> body) {
  detail::prepare_products();
  const int threads = static_cast<int>(std::min<Index>(thread_count(), n));
  if (threads <= 1 || omp_in_parallel()) {
    for (Index i = 0; i < n; ++i) body(i);
    return;
  }
  std::exception_ptr failure;
  std::atomic_flag failed = ATOMIC_FLAG_INIT;
  // An exception must not leave the region; the first one is carried out of it, and what has not begun is left.
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (Index i = 0; i < n; ++i) {
    if (failed.test()) continue;
    try {
      body(i);
    } catch (...) {
      if (!failed.test_and_set()) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

Tiles::Tiles(Index size, Index length, Index granule) : size_(size), granule_(granule) {
  if (size <= 0) return;
  const Index granules = (size + granule - 1) / granule;
  Index pieces = (size + length - 1) / length;
  if (pieces > 1) pieces += pieces % 2;
  count_ = std::min(pieces, granules);
  base_ = granules / count_;
  longer_ = granules % count_;
}

}  // namespace dbn
