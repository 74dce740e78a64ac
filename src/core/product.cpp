#include <dbn/core/product.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>

#include "tile_product.hpp"

namespace dbn {
namespace {

using detail::multiply_tile;

// A tile of 256 rows and 100 cases (100 KB) is still in the second-level cache for its epilogue. So is a gradient tile
// of 128 columns (400 KB at 784 rows) for its update. Longer tiles were not faster, shorter ones no better balanced.
constexpr Index kRowTile = 256;
constexpr Index kColumnTile = 128;

ConstMatrixRef rows_of(Factor a, Index first, Index count) {
  if (a.transposed) return a.matrix.middleCols(first, count);
  return a.matrix.middleRows(first, count);
}

ConstMatrixRef columns_of(Factor b, Index first, Index count) {
  if (b.transposed) return b.matrix.middleRows(first, count);
  return b.matrix.middleCols(first, count);
}

void check_inner(Factor a, Factor b) {
  if (a.cols() != b.rows())
    throw InvalidArgument(
        fmt::format("product: {} x {} times {} x {} do not fit", a.rows(), a.cols(), b.rows(), b.cols()));
}

}  // namespace

void multiply_into(Factor a, Factor b, MatrixRef out, RowTileEpilogue epilogue) {
  check_inner(a, b);
  if (out.rows() != a.rows() || out.cols() != b.cols())
    throw InvalidArgument(
        fmt::format("product: result is {} x {}, expected {} x {}", out.rows(), out.cols(), a.rows(), b.cols()));
  const Tiles tiles(a.rows(), kRowTile);
  parallel_for(tiles.count(), [&](Index t) {
    const Index first = tiles.first(t);
    const Index length = tiles.length(t);
    MatrixRef tile = out.middleRows(first, length);
    multiply_tile({rows_of(a, first, length), a.transposed}, b, tile);
    epilogue(first, tile);
  });
}

void multiply_into(Factor a, Factor b, MatrixRef out) { multiply_into(a, b, out, kNoEpilogue); }

void multiply_add_into(Factor a, Factor b, const ConstVectorRef& bias, MatrixRef out, RowTileEpilogue epilogue) {
  if (bias.size() != out.rows())
    throw InvalidArgument(fmt::format("product: bias has {} entries, expected {}", bias.size(), out.rows()));
  multiply_into(a, b, out, [&](Index first, MatrixRef tile) {
    tile.colwise() += bias.segment(first, tile.rows());
    epilogue(first, tile);
  });
}

void multiply_by_columns(Factor a, Factor b, ColumnTileConsumer consume) {
  check_inner(a, b);
  const Tiles tiles(b.cols(), kColumnTile);
  parallel_for(tiles.count(), [&](Index t) {
    static thread_local Vector buffer;
    const Index first = tiles.first(t);
    const Index length = tiles.length(t);
    if (buffer.size() < a.rows() * length) {
      buffer.resize(0);  // Eigen would keep a freed pointer if there were not enough memory for the new size
      buffer.resize(a.rows() * length);
    }
    Eigen::Map<Matrix> tile(buffer.data(), a.rows(), length);
    multiply_tile(a, {columns_of(b, first, length), b.transposed}, tile);
    consume(first, tile);
  });
}

double column_tile_memory(Index rows, Index cols) {
  return sizeof(Scalar) * static_cast<double>(thread_count()) * static_cast<double>(rows) *
         static_cast<double>(Tiles(cols, kColumnTile).length(0));
}

}  // namespace dbn
