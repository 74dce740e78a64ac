#pragma once
// Matrix products, cut into fixed tiles so that their bits do not depend on the number of threads. Whoever asks for a
// product says what happens to each tile while it is still in cache.

#include <string_view>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/types.hpp>

namespace dbn {

/// A matrix as it enters a product.
struct Factor {
  const ConstMatrixRef& matrix;
  bool transposed = false;

  Index rows() const { return transposed ? matrix.cols() : matrix.rows(); }
  Index cols() const { return transposed ? matrix.rows() : matrix.cols(); }
};

inline Factor plain(const ConstMatrixRef& matrix) { return {matrix, false}; }
inline Factor transposed(const ConstMatrixRef& matrix) { return {matrix, true}; }

/// Receives a finished tile of rows: `first` is its first row in the whole product.
using RowTileEpilogue = FunctionRef<void(Index first, MatrixRef tile)>;
/// Leaves a tile as it is.
inline constexpr auto kNoEpilogue = [](Index, const MatrixRef&) {};
/// Receives a finished tile of columns, which it may change: `first` is its first column in the whole product.
using ColumnTileConsumer = FunctionRef<void(Index first, MatrixRef tile)>;

/// out = a b, tile of rows by tile of rows; `epilogue` (bias, activation, draw) runs on each tile on the thread that
/// made it. Throws InvalidArgument when shapes do not fit.
void multiply_into(Factor a, Factor b, MatrixRef out, RowTileEpilogue epilogue);
void multiply_into(Factor a, Factor b, MatrixRef out);

/// out = a b + bias for each column, a layer's total inputs; `epilogue` runs on each tile after the bias is added.
void multiply_add_into(Factor a, Factor b, const ConstVectorRef& bias, MatrixRef out, RowTileEpilogue epilogue);

/// a b, handed out tile of columns by tile of columns and never stored as a whole: how a gradient meets its update.
void multiply_by_columns(Factor a, Factor b, ColumnTileConsumer consume);

/// Bytes that all threads together keep for the tiles of multiply_by_columns, after a product of rows x cols.
double column_tile_memory(Index rows, Index cols);

/// The library that computes tiles: oneDNN or Eigen.
std::string_view product_library();

}  // namespace dbn
