#include <dbn/rbm/tempering.hpp>

#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>

namespace dbn {
namespace {

constexpr auto kRateOfRates = static_cast<Scalar>(0.01);  // a memory of about a hundred rounds

}  // namespace

Tempering::Tempering(const Rbm& rbm, Index chains, Index replicas, const Stream& start)
    : rbm_(rbm), chains_(chains), replicas_(replicas) {
  if (replicas < 2) throw InvalidArgument(fmt::format("replicas: expected at least 2, found {}", replicas));
  const Index columns = chains * replicas;
  visible_.setZero(rbm.visible_count(), columns);
  hidden_.resize(rbm.hidden_count(), columns);
  visible_mean_.resize(rbm.visible_count(), columns);
  hidden_mean_ = rbm.hidden_bias.replicate(1, columns);
  rbm.hidden->mean_and_states(start, {}, hidden_mean_, hidden_);
  swap_rates_.setZero(replicas - 1);
}

// W beta h = beta W h: scaled states stand in for a scaled machine.
const Matrix& Tempering::scaled(const Matrix& columns, Matrix& into) const {
  into.resize(columns.rows(), columns.cols());
  for (Index c = 0; c < columns.cols(); ++c) into.col(c) = static_cast<Scalar>(beta(c % replicas_)) * columns.col(c);
  return into;
}

void Tempering::step(const Stream& hidden, const Stream& visible, const Stream& swaps, std::uint32_t position) {
  rbm_.visible_mean_and_states_into(scaled(hidden_, hidden_driver_), visible, position, visible_mean_, visible_);
  rbm_.to_statistics(visible_);
  rbm_.hidden_mean_and_states_into(scaled(visible_, visible_driver_), hidden, position, hidden_mean_, hidden_);
  swap(swaps, position);
}

// Neighbours exchange states with probability min(1, e^{(beta' - beta)(I - I')}), I = t(v)' W h.
void Tempering::swap(const Stream& swaps, std::uint32_t position) {
  Matrix& input = hidden_mean_;  // no longer needed
  multiply_into(transposed(rbm_.weights), plain(visible_), input);
  Eigen::VectorXd interaction = input.cast<double>().cwiseProduct(hidden_.cast<double>()).colwise().sum().transpose();
  for (Index r = position % 2; r + 1 < replicas_; r += 2) {
    Index taken = 0;
    for (Index chain = 0; chain < chains_; ++chain) {
      const Index a = chain * replicas_ + r, b = a + 1;
      const double log_ratio = (beta(r + 1) - beta(r)) * (interaction[a] - interaction[b]);
      const double uniform =
          swaps.uniform({position, static_cast<std::uint32_t>(chain), static_cast<std::uint32_t>(r)});
      if (uniform >= std::exp(std::min(log_ratio, 0.0))) continue;
      visible_.col(a).swap(visible_.col(b));
      hidden_.col(a).swap(hidden_.col(b));
      ++taken;
    }
    swap_rates_[r] += kRateOfRates * (static_cast<Scalar>(taken) / static_cast<Scalar>(chains_) - swap_rates_[r]);
  }
}

void Tempering::model_states_into(MatrixRef visible_statistics, MatrixRef hidden_states) const {
  for (Index chain = 0; chain < chains_; ++chain) {
    visible_statistics.col(chain) = visible_.col((chain + 1) * replicas_ - 1);
    hidden_states.col(chain) = hidden_.col((chain + 1) * replicas_ - 1);
  }
}

TensorList Tempering::state() { return {named("replicas", hidden_), named("swap_rates", swap_rates_)}; }

}  // namespace dbn
