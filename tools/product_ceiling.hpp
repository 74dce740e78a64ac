#pragma once
// The best matrix product on this machine: every product library that is installed, on the shapes of a training step.

#include <memory>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>

/// One product of a training step: out (rows x cols) = a b with `inner` terms a sum.
struct ProductShape {
  std::string name;  ///< up, down or gradient
  dbn::Index rows, inner, cols;
  bool a_transposed, b_transposed;

  double operations() const {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(inner) * static_cast<double>(cols);
  }
  /// Bytes of both factors and the product.
  double memory() const {
    const auto a = static_cast<double>(rows) * static_cast<double>(inner);
    const auto b = static_cast<double>(inner) * static_cast<double>(cols);
    return sizeof(dbn::Scalar) * (a + b + static_cast<double>(rows) * static_cast<double>(cols));
  }
};

/// The products of a layer: up (hidden x cases), down (visible x cases), gradient (visible x hidden, `gradient_cases`
/// terms a sum: twice the batch in contrastive divergence, once in back-propagation).
std::vector<ProductShape> layer_products(dbn::Index visible, dbn::Index hidden, dbn::Index batch,
                                         dbn::Index gradient_cases);

/// A library that multiplies, loaded when it is first asked for.
class ProductLibrary {
 public:
  virtual ~ProductLibrary() = default;
  virtual std::string name() const = 0;
  /// out = a b, on all threads that dbn uses.
  virtual void multiply(const ProductShape& shape, const dbn::Matrix& a, const dbn::Matrix& b, dbn::Matrix& out) = 0;
};

/// dbn's own tiles, and those of oneDNN, OpenBLAS, BLIS and MKL that the system can load.
std::vector<std::unique_ptr<ProductLibrary>> product_libraries();

/// GFLOP/s of a library on a shape: the median of a few short trials.
double product_speed(ProductLibrary& library, const ProductShape& shape);
