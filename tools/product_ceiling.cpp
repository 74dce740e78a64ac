#include "product_ceiling.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

#include <dbn/core/parallel.hpp>
#include <dbn/core/product.hpp>
#include <dbn/core/stopwatch.hpp>

using namespace dbn;

namespace {

constexpr bool kSingle = std::is_same_v<Scalar, float>;

/// dbn's tiles without an epilogue.
class OwnTiles final : public ProductLibrary {
 public:
  std::string name() const override { return "dbn tiles (" + std::string(product_library()) + ")"; }

  void multiply(const ProductShape& shape, const Matrix& a, const Matrix& b, Matrix& out) override {
    const Factor left{a, shape.a_transposed};
    const Factor right{b, shape.b_transposed};
    if (shape.b_transposed)
      multiply_by_columns(left, right, [](Index, const ConstMatrixRef&) {});
    else
      multiply_into(left, right, out);
  }
};

/// A function of a shared library, null where the library is not installed. It stays loaded.
template <typename Function>
Function* loaded(const char* library, const char* function) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  return handle == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(handle, function));
}

/// Anything with the interface of a BLAS for C.
class Blas final : public ProductLibrary {
 public:
  using Multiply = void(int order, int transpose_a, int transpose_b, int rows, int cols, int inner, Scalar alpha,
                        const Scalar* a, int a_stride, const Scalar* b, int b_stride, Scalar beta, Scalar* out,
                        int out_stride);

  Blas(std::string name, Multiply* function) : name_(std::move(name)), multiply_(function) {}

  std::string name() const override { return name_; }

  void multiply(const ProductShape& shape, const Matrix& a, const Matrix& b, Matrix& out) override {
    constexpr int kColumnMajor = 102, kPlain = 111, kTransposed = 112;
    const auto size = [](Index n) { return static_cast<int>(n); };
    multiply_(kColumnMajor, shape.a_transposed ? kTransposed : kPlain, shape.b_transposed ? kTransposed : kPlain,
              size(shape.rows), size(shape.cols), size(shape.inner), 1, a.data(), size(a.rows()), b.data(),
              size(b.rows()), 0, out.data(), size(out.rows()));
  }

 private:
  std::string name_;
  Multiply* multiply_;
};

class OneDnn final : public ProductLibrary {
 public:
  using Multiply = int(char transpose_a, char transpose_b, std::int64_t rows, std::int64_t cols, std::int64_t inner,
                       Scalar alpha, const Scalar* a, std::int64_t a_stride, const Scalar* b, std::int64_t b_stride,
                       Scalar beta, Scalar* out, std::int64_t out_stride);

  explicit OneDnn(Multiply* function) : multiply_(function) {}

  std::string name() const override { return "oneDNN"; }

  // For rows one after another: every matrix is seen transposed.
  void multiply(const ProductShape& shape, const Matrix& a, const Matrix& b, Matrix& out) override {
    multiply_(shape.b_transposed ? 'T' : 'N', shape.a_transposed ? 'T' : 'N', shape.cols, shape.rows, shape.inner, 1,
              b.data(), b.rows(), a.data(), a.rows(), 0, out.data(), out.rows());
  }

 private:
  Multiply* multiply_;
};

// OpenBLAS takes processors with AVX-512 that it does not know for Haswells.
void tell_openblas_its_kernel() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
#endif
}

void add_blas(std::vector<std::unique_ptr<ProductLibrary>>& list, const char* name, const char* library,
              const char* set_threads) {
  auto* multiply = loaded<Blas::Multiply>(library, kSingle ? "cblas_sgemm" : "cblas_dgemm");
  if (multiply == nullptr) return;
  if (auto* set = loaded<void(int)>(library, set_threads)) set(thread_count());
  list.push_back(std::make_unique<Blas>(name, multiply));
}

Matrix operand(Index rows, Index cols, bool transposed) {
  Matrix matrix = transposed ? Matrix(cols, rows) : Matrix(rows, cols);
  // Neither zeros nor a pattern, and nothing that grows: 7919 is prime to all sizes.
  for (Index i = 0; i < matrix.size(); ++i)
    matrix.data()[i] = static_cast<Scalar>(i * 7919 % 1009) / 1009 - Scalar{0.5};
  return matrix;
}

}  // namespace

std::vector<ProductShape> layer_products(Index visible, Index hidden, Index batch, Index gradient_cases) {
  return {{"up", hidden, visible, batch, true, false},
          {"down", visible, hidden, batch, false, false},
          {"gradient", visible, gradient_cases, hidden, false, true}};
}

std::vector<std::unique_ptr<ProductLibrary>> product_libraries() {
  std::vector<std::unique_ptr<ProductLibrary>> list;
  list.push_back(std::make_unique<OwnTiles>());
  auto* multiply = kSingle ? loaded<OneDnn::Multiply>("libdnnl.so.2", "dnnl_sgemm") : nullptr;
  if (multiply != nullptr) {
    // It asks OpenMP how many threads there are.
    if (auto* set = loaded<void(int)>("libgomp.so.1", "omp_set_num_threads")) set(thread_count());
    list.push_back(std::make_unique<OneDnn>(multiply));
  }
  tell_openblas_its_kernel();
  add_blas(list, "OpenBLAS", "libopenblas.so.0", "openblas_set_num_threads");
  add_blas(list, "BLIS", "libblis.so.4", "bli_thread_set_num_threads");
  add_blas(list, "MKL", "libmkl_rt.so.2", "MKL_Set_Num_Threads");
  return list;
}

double product_speed(ProductLibrary& library, const ProductShape& shape) {
  constexpr int kTrials = 5;
  constexpr double kTrialSeconds = 0.01;
  const Matrix a = operand(shape.rows, shape.inner, shape.a_transposed);
  const Matrix b = operand(shape.inner, shape.cols, shape.b_transposed);
  Matrix out(shape.rows, shape.cols);
  library.multiply(shape, a, b, out);
  std::array<double, kTrials> speeds{};
  for (double& speed : speeds) {
    const Stopwatch watch;
    int count = 0;
    do {
      library.multiply(shape, a, b, out);
      ++count;
    } while (watch.seconds() < kTrialSeconds);
    speed = count * shape.operations() / watch.seconds() * 1e-9;
  }
  std::sort(speeds.begin(), speeds.end());
  return speeds[kTrials / 2];
}
