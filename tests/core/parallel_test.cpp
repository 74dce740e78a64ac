#include <dbn/core/parallel.hpp>

#include <atomic>
#include <chrono>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/peak_memory.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::ThreadCount;

TEST(Parallel, VisitsEveryIndexOnce) {
  for (const int threads : {1, 2, 3, 7})
    for (const Index n : {0, 1, 2, 5, 100}) {
      const ThreadCount guard(threads);
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
      parallel_for(n, [&](Index i) { ++visits.at(static_cast<std::size_t>(i)); });
      for (const auto& count : visits) ASSERT_EQ(count, 1) << n << " indices on " << threads << " threads";
    }
}

TEST(Parallel, ALoopInsideALoopStaysOnItsThread) {
  const ThreadCount guard(3);
  std::atomic<int> visits{0};
  std::atomic<int> elsewhere{0};
  parallel_for(6, [&](Index) {
    const auto outer = std::this_thread::get_id();
    parallel_for(5, [&](Index) {
      ++visits;
      if (std::this_thread::get_id() != outer) ++elsewhere;
    });
  });
  EXPECT_EQ(visits, 30);
  EXPECT_EQ(elsewhere, 0);
}

TEST(Parallel, OneThreadMeansTheCallersThread) {
  const ThreadCount guard(1);
  parallel_for(4, [caller = std::this_thread::get_id()](Index) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

// Two threads wait for each other: a loop that ran on one would never end, so the wait is bounded.
TEST(Parallel, UsesSeveralThreads) {
  const ThreadCount guard(2);
  std::atomic<int> arrived{0};
  parallel_for(2, [&](Index) {
    ++arrived;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arrived < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(arrived, 2);
  });
}

TEST(Parallel, CarriesAnExceptionOut) {
  for (const int threads : {1, 2, 3, 7}) {
    const ThreadCount guard(threads);
    EXPECT_THAT(
        [] {
          parallel_for(20, [](Index i) {
            if (i == 13) throw DataError("index 13");
          });
        },
        testing::ThrowsMessage<DataError>("index 13"));
    EXPECT_THROW(parallel_for(20, [](Index) { throw std::runtime_error("every one"); }), std::runtime_error);
    std::atomic<int> begun{0};
    EXPECT_THROW(parallel_for(1000000, [&](Index) { ++begun, throw IoError("at once"); }), IoError);
    EXPECT_LE(begun, threads) << "what has not begun is left out";
    std::atomic<int> visits{0};
    parallel_for(20, [&](Index) { ++visits; });
    EXPECT_EQ(visits, 20) << "a loop after a failed one, on " << threads << " threads";
  }
}

// Memory that ends on one thread ends the loop for its caller, who can then go on.
TEST(Parallel, CarriesAnEndOfMemoryOut) {
  if (!test::kPlainHeap) GTEST_SKIP() << "a sanitizer ends the program where memory ends";
  for (const int threads : {1, 2, 7}) {
    const ThreadCount guard(threads);
    const auto greedy = [](Index i) {
      if (i % 2 == 1) Matrix(Index{1} << 30, Index{1} << 30).setZero();
    };
    EXPECT_THROW(parallel_for(20, greedy), std::bad_alloc) << threads;
  }
}

TEST(Parallel, CarriesAnExceptionOutOfALoopInsideALoop) {
  const ThreadCount guard(2);
  const auto nested = [] { parallel_for(3, [](Index) { parallel_for(3, [](Index) { throw IoError("inner"); }); }); };
  EXPECT_THROW(nested(), IoError);
}

TEST(Parallel, ThreadCountIsWhatWasSet) {
  const ThreadCount guard(5);
  EXPECT_EQ(thread_count(), 5);
  set_thread_count(0);
  EXPECT_GE(thread_count(), 1);
}

TEST(Parallel, AThreadCountOutOfRangeIsRefusedAndChangesNothing) {
  const ThreadCount guard(3);
  for (const int count : {-1, 4097, 1000000})
    EXPECT_THAT([&] { set_thread_count(count); },
                testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr(std::to_string(count))));
  EXPECT_EQ(thread_count(), 3);
}

struct Cut {
  Index first, length;
  bool operator==(const Cut&) const = default;
};

std::vector<Cut> cuts(Index size, Index length) {
  const Tiles tiles(size, length);
  std::vector<Cut> list;
  for (Index t = 0; t < tiles.count(); ++t) list.push_back({tiles.first(t), tiles.length(t)});
  return list;
}

TEST(Tiles, CoverTheWholeWithoutOverlap) {
  for (const Index length : {1, 16, 64, 100, 256})
    for (Index size = 0; size <= 1100; ++size) {
      Index next = 0;
      for (const auto& [first, tile] : cuts(size, length)) {
        ASSERT_EQ(first, next) << size << " by " << length;
        ASSERT_GE(tile, 1) << size << " by " << length;
        next = first + tile;
      }
      ASSERT_EQ(next, size) << size << " by " << length;
    }
}

// Draws come in blocks of four and vectors in blocks of sixteen: a tile that began elsewhere would change the bits.
TEST(Tiles, BeginAtMultiplesOfSixteenAndAreNotLonger) {
  for (const Index length : {1, 16, 64, 100, 256})
    for (Index size = 0; size <= 1100; ++size)
      for (const auto& [first, tile] : cuts(size, length)) {
        ASSERT_EQ(first % 16, 0) << size << " by " << length;
        ASSERT_LE(tile, (length + 15) / 16 * 16) << size << " by " << length;
      }
}

TEST(Tiles, DifferByOneGranuleAtMost) {
  for (const Index granule : {1, 16})
    for (Index size = granule; size <= 1100; size += granule) {
      const Tiles tiles(size, 100, granule);
      for (Index t = 0; t < tiles.count(); ++t)
        ASSERT_LE(tiles.length(0) - tiles.length(t), granule) << size << " by " << granule;
    }
}

TEST(Tiles, DoNotDependOnThreads) {
  for (const Index size : {17, 257, 500, 784, 2000}) {
    const auto expected = cuts(size, 256);
    for (const int threads : {1, 2, 3, 7}) {
      const ThreadCount guard(threads);
      EXPECT_EQ(cuts(size, 256), expected) << size << " on " << threads << " threads";
    }
  }
}

TEST(Tiles, SuitTwoCores) {
  for (const Index size : {257, 500, 784, 1000, 2000}) EXPECT_EQ(Tiles(size, 256).count() % 2, 0) << size;
}

}  // namespace
}  // namespace dbn
