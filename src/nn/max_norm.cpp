#include <dbn/nn/max_norm.hpp>

#include <dbn/core/parallel.hpp>

namespace dbn {

void limit_norms(MatrixRef weights, double longest) {
  const auto most = static_cast<Scalar>(longest);
  parallel_for(weights.cols(), [&](Index unit) {
    const Scalar length = weights.col(unit).norm();
    if (length > most) weights.col(unit) *= most / length;
  });
}

}  // namespace dbn
