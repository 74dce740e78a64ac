#pragma once
// The product of one tile on one thread: the one place that knows which library multiplies.

#include <dbn/core/product.hpp>

namespace dbn::detail {

/// Settles what Eigen's products depend on. Called before any other thread multiplies: they would race for it.
void prepare_products();

/// out = a b on the calling thread. The bits depend on shapes, strides and values, never on other threads.
void multiply_tile(Factor a, Factor b, MatrixRef out);

}  // namespace dbn::detail
