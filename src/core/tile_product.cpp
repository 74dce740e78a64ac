#include "tile_product.hpp"

#include <algorithm>
#include <new>
#include <string>

#include <dbn/core/error.hpp>

#ifdef DBN_WITH_ONEDNN
#include <dnnl.h>
#include <omp.h>
#endif

namespace dbn {
namespace detail {

// Which library multiplies. Measured on tiles of 256 rows or 100 columns, 100 cases, layers 784 x 500 and 500 x 2000,
// in GFLOP/s; each column is one run, ranges are over the shapes:
//
//                                            Zen 5 (AVX-512), 1 thread   Zen 3 (AVX2), 2 threads: up / down / gradient
//   oneDNN 2.6, dnnl_sgemm                   157 to 224                  150 / 128 / 158
//   Eigen 3.4, g++ 12, tuned as CMake does   185 to 195                  (no AVX-512: as below)
//   Eigen 3.4, g++ 12, -march=native         130 to 160                   87 /  70 / 107
//
// g++ 12 takes Zen 5 for a Zen 3, with half vectors; told that it compiles for skylake-avx512 with whole vectors,
// Eigen's kernel gains a quarter there. On AVX2 no flag helps Eigen, and clang 14 (71 / 85 / 73) does no better. oneDNN
// also wins for small tiles (32 x 64 x 100: 6.2 against 9.3 microseconds), and makes its kernel when the program runs,
// so that a portable build keeps its speed. It lost one product only, up at 500 x 2000 on Zen 5 (157 to 176 against
// 186), which is not worth a second path. On AVX2 its product with a transposed second factor is 7 % slower than the
// others, which is the gradient's; transposing that factor first costs what it gains. It knows floats only: doubles are
// Eigen's.
#ifdef DBN_WITH_ONEDNN

namespace {

// oneDNN takes all threads of OpenMP unless it runs in a parallel region; here a tile is for one.
class OnOneThread {
 public:
  OnOneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OnOneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OnOneThread(const OnOneThread&) = delete;
  OnOneThread& operator=(const OnOneThread&) = delete;

 private:
  int before_;
};

char letter(Factor factor) { return factor.transposed ? 'T' : 'N'; }

// Distance between columns; of a single column it may be anything, but never less than its length.
Index leading(const ConstMatrixRef& matrix) {
  return std::max(matrix.outerStride(), std::max<Index>(matrix.rows(), 1));
}

}  // namespace

// dnnl_sgemm is for rows one after another, so it sees every matrix transposed: out' = b' a'.
void multiply_tile(Factor a, Factor b, MatrixRef out) {
  if (out.size() == 0) return;
  if (a.cols() == 0) {
    out.setZero();
    return;
  }
  const OnOneThread guard;
  const auto status = dnnl_sgemm(letter(b), letter(a), out.cols(), out.rows(), a.cols(), 1.0f, b.matrix.data(),
                                 leading(b.matrix), a.matrix.data(), leading(a.matrix), 0.0f, out.data(), leading(out));
  if (status == dnnl_out_of_memory) throw std::bad_alloc();
  if (status != dnnl_success) throw Error("product: oneDNN failed with status " + std::to_string(status));
}

// Eigen's other products still want to know the caches.
void prepare_products() {
  static const bool ready = (Eigen::initParallel(), true);
  static_cast<void>(ready);
}

#else

// Eigen splits long sums by the cache sizes that it asks the processor for, so that bits would differ between machines
// of one instruction set. These are fixed instead: 48 KB, 1 MB, 32 MB.
void prepare_products() {
  static const bool ready = (Eigen::setCpuCacheSizes(48 << 10, 1 << 20, 32 << 20), true);
  static_cast<void>(ready);
}

void multiply_tile(Factor a, Factor b, MatrixRef out) {
  prepare_products();
  if (a.transposed && b.transposed)
    out.noalias() = a.matrix.transpose() * b.matrix.transpose();
  else if (a.transposed)
    out.noalias() = a.matrix.transpose() * b.matrix;
  else if (b.transposed)
    out.noalias() = a.matrix * b.matrix.transpose();
  else
    out.noalias() = a.matrix * b.matrix;
}

#endif

}  // namespace detail

std::string_view product_library() {
#ifdef DBN_WITH_ONEDNN
  return "oneDNN";
#else
  return "Eigen";
#endif
}

}  // namespace dbn
