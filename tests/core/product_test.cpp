#include <dbn/core/product.hpp>

#include <array>
#include <atomic>
#include <limits>
#include <new>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include <dbn/core/random.hpp>

#include "../support/peak_memory.hpp"
#include "../support/thread_count.hpp"

namespace dbn {
namespace {

using test::ThreadCount;

/// A matrix and how it enters a product. Made in place and never copied: `view` is of its own matrix.
struct Operand {
  Matrix matrix;
  bool transposed;
  ConstMatrixRef view = matrix;

  Factor factor() const { return {view, transposed}; }
};

struct Problem {
  Operand a, b;
};

Operand operand(Index rows, Index cols, bool transposed, std::uint32_t layer) {
  Matrix matrix = transposed ? Matrix(cols, rows) : Matrix(rows, cols);
  matrix.setZero();
  add_normal_noise(Stream(1, Purpose::initial_weights, layer), {}, matrix);
  return {std::move(matrix), transposed};
}

Problem problem(Index rows, Index inner, Index cols, int transposition) {
  return {operand(rows, inner, transposition & 1, 0), operand(inner, cols, transposition & 2, 1)};
}

double element(const Operand& x, Index row, Index col) {
  return static_cast<double>(x.transposed ? x.matrix(col, row) : x.matrix(row, col));
}

// The naive twin. The bound of a sum of n products in any order is n eps sum |a||b|; one more eps stores the result.
void expect_product(const Operand& a, const Operand& b, const Matrix& out) {
  const Index inner = a.factor().cols();
  const double relative = static_cast<double>(inner + 1) * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  ASSERT_EQ(out.rows(), a.factor().rows());
  ASSERT_EQ(out.cols(), b.factor().cols());
  for (Index c = 0; c < out.cols(); ++c)
    for (Index r = 0; r < out.rows(); ++r) {
      double sum = 0;
      double size = 0;
      for (Index k = 0; k < inner; ++k) {
        const double term = element(a, r, k) * element(b, k, c);
        sum += term;
        size += std::abs(term);
      }
      ASSERT_NEAR(out(r, c), sum, relative * size) << "element " << r << ", " << c;
    }
}

Matrix by_rows(const Problem& p) {
  Matrix out(p.a.factor().rows(), p.b.factor().cols());
  multiply_into(p.a.factor(), p.b.factor(), out);
  return out;
}

Matrix by_columns(const Problem& p) {
  Matrix out(p.a.factor().rows(), p.b.factor().cols());
  multiply_by_columns(p.a.factor(), p.b.factor(),
                      [&](Index first, const ConstMatrixRef& tile) { out.middleCols(first, tile.cols()) = tile; });
  return out;
}

/// Each awkward length once as rows, once as inner size and once as columns.
std::vector<std::array<Index, 3>> shapes() {
  std::vector<std::array<Index, 3>> list;
  for (const Index n : {1, 15, 16, 17, 255, 256, 257, 500, 784}) {
    list.push_back({n, 17, 5});
    list.push_back({5, n, 17});
    list.push_back({17, 5, n});
  }
  return list;
}

class Product : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Transposition, Product, testing::Range(0, 4));

TEST_P(Product, IsTheNaiveTwinForEveryShape) {
  for (const auto& [rows, inner, cols] : shapes()) {
    SCOPED_TRACE(testing::Message() << rows << " x " << inner << " x " << cols);
    const Problem p = problem(rows, inner, cols, GetParam());
    expect_product(p.a, p.b, by_rows(p));
    expect_product(p.a, p.b, by_columns(p));
  }
}

TEST_P(Product, HasTheSameBitsWithAnyNumberOfThreads) {
  const Problem p = problem(784, 257, 500, GetParam());
  const ThreadCount one(1);
  const Matrix rows = by_rows(p);
  const Matrix columns = by_columns(p);
  for (const int threads : {2, 3, 7}) {
    const ThreadCount guard(threads);
    EXPECT_TRUE(by_rows(p) == rows) << threads;
    EXPECT_TRUE(by_columns(p) == columns) << threads;
  }
}

TEST_P(Product, EpilogueSeesEachRowOnceAndItsChangesStay) {
  for (const Index size : {1, 16, 255, 256, 257, 784}) {
    const Problem p = problem(size, 3, 9, GetParam());
    const Matrix expected = by_rows(p);
    Matrix out(size, 9);
    std::vector<std::atomic<int>> visits(static_cast<std::size_t>(size));
    multiply_into(p.a.factor(), p.b.factor(), out, [&](Index first, MatrixRef tile) {
      for (Index r = 0; r < tile.rows(); ++r) ++visits.at(static_cast<std::size_t>(first + r));
      EXPECT_TRUE(tile == expected.middleRows(first, tile.rows()));
      tile.array() += Scalar{1};
    });
    for (const auto& count : visits) ASSERT_EQ(count, 1) << size;
    EXPECT_TRUE(out == (expected.array() + Scalar{1}).matrix()) << size;
  }
}

TEST_P(Product, ColumnsArriveOnceEach) {
  for (const Index size : {1, 63, 64, 65, 129, 784}) {
    const Problem p = problem(9, 3, size, GetParam());
    std::vector<std::atomic<int>> visits(static_cast<std::size_t>(size));
    multiply_by_columns(p.a.factor(), p.b.factor(), [&](Index first, const ConstMatrixRef& tile) {
      EXPECT_EQ(tile.rows(), 9);
      for (Index c = 0; c < tile.cols(); ++c) ++visits.at(static_cast<std::size_t>(first + c));
    });
    for (const auto& count : visits) ASSERT_EQ(count, 1) << size;
  }
}

TEST_P(Product, ShapesThatDoNotFitAreNamed) {
  const Operand a = operand(4, 3, GetParam() & 1, 0);
  const Operand b = operand(5, 2, GetParam() & 2, 1);
  const auto named = testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("4 x 3 times 5 x 2"));
  Matrix out(4, 2);
  EXPECT_THAT([&] { multiply_into(a.factor(), b.factor(), out); }, named);
  EXPECT_THAT([&] { multiply_by_columns(a.factor(), b.factor(), [](Index, const ConstMatrixRef&) {}); }, named);
}

TEST_P(Product, AResultOfTheWrongShapeIsRefused) {
  const Problem p = problem(4, 3, 2, GetParam());
  for (const auto& [rows, cols] : {std::array<Index, 2>{2, 4}, {4, 3}, {5, 2}}) {
    Matrix out(rows, cols);
    EXPECT_THAT([&] { multiply_into(p.a.factor(), p.b.factor(), out); },
                testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("expected 4 x 2")));
  }
}

TEST_P(Product, OfNothingIsZero) {
  const Problem p = problem(300, 0, 70, GetParam());
  EXPECT_TRUE(by_rows(p) == Matrix::Zero(300, 70));
  EXPECT_TRUE(by_columns(p) == Matrix::Zero(300, 70));
  EXPECT_EQ(by_rows(problem(300, 4, 0, GetParam())).size(), 0);
}

TEST(ProductBlocks, FactorsAndResultMayBeBlocks) {
  const Matrix a = operand(40, 30, false, 0).matrix;
  const Matrix b = operand(30, 20, false, 1).matrix;
  Matrix whole = Matrix::Zero(50, 40);
  multiply_into(plain(a.block(1, 2, 20, 7)), transposed(b.block(3, 4, 9, 7)), whole.block(5, 6, 20, 9));
  const Operand left{a.block(1, 2, 20, 7), false};
  const Operand right{b.block(3, 4, 9, 7), true};
  expect_product(left, right, whole.block(5, 6, 20, 9));
  whole.block(5, 6, 20, 9).setZero();
  EXPECT_TRUE(whole.isZero(0));
}

// The tile of a thread is kept between products, and must not be given back twice when a larger one does not fit.
TEST(Product, AThreadOutlivesATileThatNoMemoryHolds) {
  if (!test::kPlainHeap) GTEST_SKIP() << "a sanitizer ends the program where memory ends";
  const ThreadCount guard(1);
  const Matrix small = Matrix::Ones(8, 8);
  double sum = 0;
  const auto add = [&](Index, const ConstMatrixRef& tile) { sum += static_cast<double>(tile.sum()); };
  std::thread([&] {
    multiply_by_columns(plain(small), plain(small), add);
    const Eigen::Map<const Matrix> huge(small.data(), Index{1} << 45, 1);
    EXPECT_THROW(multiply_by_columns(plain(huge), plain(small.topRows(1)), add), std::bad_alloc);
    multiply_by_columns(plain(small), plain(small), add);
  }).join();
  EXPECT_EQ(sum, 2 * 512);
}

TEST(Product, TilesTakeWhatTheirMemorySays) {
  const ThreadCount guard(3);
  EXPECT_EQ(column_tile_memory(784, 500), 3 * 784 * 128 * sizeof(Scalar));
  EXPECT_EQ(column_tile_memory(784, 10), 3 * 784 * 10 * sizeof(Scalar));
}

}  // namespace
}  // namespace dbn
