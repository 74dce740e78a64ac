#include <dbn/rbm/exact_likelihood.hpp>

#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

namespace dbn {
namespace {

constexpr Index kMostUnits = 25;
constexpr Index kMostUnitsForGradient = 20;
constexpr Index kBlockUnits = 10;  // 1024 states at a time

// Columns are the binary states number `first`, first + 1, ...; unit i is bit i.
Matrix binary_states(Index units, Index first, Index count) {
  Matrix states(units, count);
  for (Index c = 0; c < count; ++c)
    for (Index i = 0; i < units; ++i) states(i, c) = static_cast<Scalar>((first + c) >> i & 1);
  return states;
}

// The same machine with its layers exchanged: summing over hidden states is then summing over visible ones.
Rbm exchanged(const Rbm& rbm) {
  return {rbm.hidden, rbm.visible, rbm.weights.transpose(), rbm.hidden_bias, rbm.visible_bias};
}

template <typename Visit>
void for_each_visible_block(const Rbm& rbm, Visit&& visit) {
  const Index states = Index{1} << rbm.visible_count();
  const Index block = std::min(states, Index{1} << kBlockUnits);
  for (Index first = 0; first < states; first += block) visit(binary_states(rbm.visible_count(), first, block));
}

double log_partition_over_visible(const Rbm& rbm) {
  Eigen::VectorXd blocks(std::max<Index>(1, (Index{1} << rbm.visible_count()) >> kBlockUnits));
  Index i = 0;
  for_each_visible_block(rbm, [&](const Matrix& states) { blocks[i++] = log_sum_exp(-rbm.free_energy(states)); });
  return log_sum_exp(blocks);
}

// sum over columns of weight * (v m', v, m), m the hidden means: the expectations of -dE/d(parameters).
void add_statistics(const Rbm& rbm, const ConstMatrixRef& visible, const Eigen::VectorXd& weight, Matrix& weights,
                    Vector& visible_bias, Vector& hidden_bias) {
  Matrix hidden(rbm.hidden_count(), visible.cols());
  rbm.hidden_mean_into(visible, hidden);
  const Vector w = weight.cast<Scalar>();
  const Matrix weighted = hidden * w.asDiagonal();
  weights.noalias() += visible * weighted.transpose();
  visible_bias.noalias() += visible * w;
  hidden_bias += weighted.rowwise().sum();
}

}  // namespace

double exact_log_partition(const Rbm& rbm) {
  const bool by_visible = rbm.visible->binary() && (!rbm.hidden->binary() || rbm.visible_count() <= rbm.hidden_count());
  if (!by_visible && !rbm.hidden->binary())
    throw InvalidArgument("exact log Z: expected a layer of binary units to sum over, found none");
  const Index units = by_visible ? rbm.visible_count() : rbm.hidden_count();
  if (units > kMostUnits)
    throw InvalidArgument(
        fmt::format("exact log Z: expected at most {} units in the layer summed over, found {}", kMostUnits, units));
  return log_partition_over_visible(by_visible ? rbm : exchanged(rbm));
}

double exact_log_likelihood(const Rbm& rbm, const ConstMatrixRef& cases) {
  return -rbm.free_energy(cases).mean() - exact_log_partition(rbm);
}

void exact_gradient(const Rbm& rbm, const ConstMatrixRef& cases, GradientSink sink) {
  if (!rbm.visible->binary() || rbm.visible_count() > kMostUnitsForGradient)
    throw InvalidArgument(fmt::format("exact gradient: expected at most {} binary visible units, found {} {}",
                                      kMostUnitsForGradient, rbm.visible_count(), rbm.visible->name()));
  Matrix weights = Matrix::Zero(rbm.visible_count(), rbm.hidden_count());
  Vector visible_bias = Vector::Zero(rbm.visible_count());
  Vector hidden_bias = Vector::Zero(rbm.hidden_count());
  const auto data_weight = Eigen::VectorXd::Constant(cases.cols(), -1.0 / static_cast<double>(cases.cols()));
  add_statistics(rbm, cases, data_weight, weights, visible_bias, hidden_bias);
  const double log_z = log_partition_over_visible(rbm);
  for_each_visible_block(rbm, [&](const Matrix& states) {
    const Eigen::VectorXd probability = (-rbm.free_energy(states).array() - log_z).exp();
    add_statistics(rbm, states, probability, weights, visible_bias, hidden_bias);
  });
  sink(0, 0, weights);
  sink(1, 0, visible_bias);
  sink(2, 0, hidden_bias);
}

}  // namespace dbn
