#include <dbn/rbm/fast_weights.hpp>

namespace dbn {

FastWeights::FastWeights(const Rbm& rbm, double rate, double decay)
    : rbm_(rbm), rate_(static_cast<Scalar>(rate)), decay_(static_cast<Scalar>(decay)), overlay_(rbm), sum_(rbm) {
  for (auto& tensor : overlay_.tensors()) tensor.values.setZero();
}

const Rbm& FastWeights::driver() {
  sum_.weights = rbm_.weights + overlay_.weights;
  sum_.visible_bias = rbm_.visible_bias + overlay_.visible_bias;
  sum_.hidden_bias = rbm_.hidden_bias + overlay_.hidden_bias;
  sum_.visible_log_variance = rbm_.visible_log_variance;
  return sum_;
}

// A variance is not made to forget: a chain that moves too far would see another scale, not another place.
void FastWeights::learn(std::size_t tensor, Index first_column, const ConstMatrixRef& gradient) {
  const auto step = [&](auto&& fast) { fast = decay_ * fast - rate_ * gradient; };
  if (tensor == 0) step(overlay_.weights.middleCols(first_column, gradient.cols()));
  if (tensor == 1) step(overlay_.visible_bias);
  if (tensor == 2) step(overlay_.hidden_bias);
}

TensorList FastWeights::state() {
  return {named("fast.weight", overlay_.weights), named("fast.visible_bias", overlay_.visible_bias),
          named("fast.hidden_bias", overlay_.hidden_bias)};
}

}  // namespace dbn
