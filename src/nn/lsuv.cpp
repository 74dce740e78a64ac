#include <dbn/nn/lsuv.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>

namespace dbn {
void lsuv(Mlp& net, const ConstMatrixRef& batch) {
  if (batch.rows() != net.feature_count())
    throw InvalidArgument(fmt::format("lsuv: expected {} features, found {}", net.feature_count(), batch.rows()));
  constexpr double kTolerance = 1e-3;
  constexpr int kMost =
      10;  // passes, as in the paper; one is enough without biases, where variances follow the weights
  Matrix in = batch;
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    DenseLayer& layer = net.layers[i];
    Matrix out(layer.fan_out(), in.cols());
    for (int pass = 0; pass < kMost; ++pass) {
      multiply_add_into(transposed(layer.weights), plain(in), layer.bias, out, kNoEpilogue);
      const double found = mean_and_variance(out).variance;
      // Written so that NaN is refused too.
      if (!(found > 0 && std::isfinite(found)))
        throw InvalidArgument(
            fmt::format("lsuv: expected total inputs of layer {} that vary, found variance {}; try other cases, or "
                        "another initializer",
                        i + 1, found));
      if (std::abs(found - 1) < kTolerance) break;
      layer.weights *= static_cast<Scalar>(1 / std::sqrt(found));
    }
    layer.activation->apply(out);
    in = std::move(out);
  }
}

std::vector<Index> spread_cases(Index count, Index most) {
  std::vector<Index> chosen(static_cast<std::size_t>(std::min(count, most)));
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = static_cast<Index>(i) * count / std::ssize(chosen);
  return chosen;
}

void fit_start(Mlp& net, const Initializer& start, const CaseSource& cases) {
  if (!start.needs_data) return;
  constexpr Index kMost = 256;
  const auto chosen = spread_cases(cases.case_count(), kMost);
  Matrix batch(cases.feature_count(), std::ssize(chosen));
  cases.gather_into(chosen, batch);
  lsuv(net, batch);
}

}  // namespace dbn
