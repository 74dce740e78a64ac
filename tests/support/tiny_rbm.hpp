#pragma once
// RBMs so small that every state can be visited, and their naive twins: sums over states straight from the definition.

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn::test {

/// A parameter's text as a name that a test may have.
inline std::string parameter_name(std::string text) {
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return text;
}

/// Weights of the given deviation, biases of deviation 1/2, log variances that are learned of 0.4: far enough from zero
/// that every term matters.
inline Rbm tiny_rbm(std::string_view visible, std::string_view hidden, Index visible_count = 4, Index hidden_count = 3,
                    double deviation = 0.8) {
  Rbm rbm = make_rbm(visible, hidden, visible_count, hidden_count, Stream(11, Purpose::initial_weights), deviation);
  add_normal_noise(Stream(12, Purpose::initial_weights), {}, rbm.visible_bias);
  add_normal_noise(Stream(13, Purpose::initial_weights), {}, rbm.hidden_bias);
  rbm.visible_bias *= Scalar{0.5};
  rbm.hidden_bias *= Scalar{0.5};
  Vector& log_variance = rbm.visible_log_variance;
  if (log_variance.size() > 0) add_normal_noise(Stream(15, Purpose::initial_weights), {}, log_variance);
  for (Index i = 0; i < log_variance.size(); ++i)
    log_variance[i] *= rbm.visible->learns_variance(i) ? Scalar(0.4) : Scalar{0};
  return rbm;
}

/// All states of a layer that can be enumerated, one a column.
inline Matrix all_states(const UnitType& type, Index units) {
  Matrix states(units, static_cast<Index>(type.state_count(units)));
  for (Index c = 0; c < states.cols(); ++c) type.state_into(c, states.col(c));
  return states;
}

/// All states of bernoulli units; unit i is bit i of the column's number.
inline Matrix all_states(Index units) { return all_states(*unit_type("bernoulli"), units); }

/// Units of a layer that are of one type, read from the type's name.
struct UnitGroup {
  std::string type;
  Index first, count;
};
inline std::vector<UnitGroup> groups_of(const UnitType& type, Index units) {
  const std::string name(type.name());
  if (name.find(':') == std::string::npos) return {{name, 0, units}};
  std::vector<UnitGroup> groups;
  for (const auto& part : split_list(name)) {
    const auto range = split_list(part.substr(part.find(':') + 1), '-');
    const Index first = std::stol(range[0]);
    const Index last = range.size() == 1 ? first : range[1].empty() ? units - 1 : std::stol(range[1]);
    groups.push_back({part.substr(0, part.find(':')), first, last - first + 1});
  }
  return groups;
}

/// sum over Gaussian units of (s^2/2 - b s) / variance, over all others of -b s.
inline double naive_layer_energy(const UnitType& type, const Vector& states, const Vector& bias,
                                 const Vector& log_variance = {}) {
  double energy = 0;
  for (const auto& group : groups_of(type, states.size()))
    for (Index i = group.first; i < group.first + group.count; ++i) {
      const auto s = static_cast<double>(states[i]);
      const double z = log_variance.size() > 0 ? static_cast<double>(log_variance[i]) : 0;
      const double square = group.type.starts_with("gaussian") ? s * s / 2 : 0;
      energy += (square - static_cast<double>(bias[i]) * s) * std::exp(-z);
    }
  return energy;
}

/// E(v, h) = E_visible(v) + E_hidden(h) - t(v)' W h from the definition: t(v) is v over the variance where that is
/// learned, and the hidden biases count as often as a replicated visible layer draws.
inline double naive_energy(const Rbm& rbm, const Vector& visible, const Vector& hidden) {
  const Vector& z = rbm.visible_log_variance;
  const Scalar counts = rbm.visible->replicated() ? visible.sum() : Scalar{1};
  double energy = naive_layer_energy(*rbm.visible, visible, rbm.visible_bias, z) +
                  naive_layer_energy(*rbm.hidden, hidden, counts * rbm.hidden_bias);
  for (Index i = 0; i < visible.size(); ++i) {
    const double t = static_cast<double>(visible[i]) * (z.size() > 0 ? std::exp(-static_cast<double>(z[i])) : 1.0);
    for (Index j = 0; j < hidden.size(); ++j)
      energy -= t * static_cast<double>(rbm.weights(i, j)) * static_cast<double>(hidden[j]);
  }
  return energy;
}

/// e^{-E} of all pairs of states of layers that can be enumerated, (visible states x hidden states).
inline Eigen::MatrixXd naive_joint(const Rbm& rbm) {
  const Matrix visible = all_states(*rbm.visible, rbm.visible_count());
  const Matrix hidden = all_states(*rbm.hidden, rbm.hidden_count());
  Eigen::MatrixXd joint(visible.cols(), hidden.cols());
  for (Index v = 0; v < joint.rows(); ++v)
    for (Index h = 0; h < joint.cols(); ++h) joint(v, h) = std::exp(-naive_energy(rbm, visible.col(v), hidden.col(h)));
  return joint;
}

/// Turns normal numbers into data of a group's type, which for Gaussian units they are already.
inline void make_data(const std::string& type, MatrixRef values) {
  for (Index c = 0; c < values.cols(); ++c) {
    auto column = values.col(c);
    if (type == "bernoulli") column = (column.array() > Scalar{0}).cast<Scalar>().matrix().eval();
    if (type == "bipolar")
      column = (column.array() > Scalar{0}).select(Vector::Ones(column.size()), -Vector::Ones(column.size())).eval();
    if (type == "softmax") {
      Index on = 0;
      column.maxCoeff(&on);
      column.setZero();
      column[on] = 1;
    }
    if (type == "replicated-softmax") {
      for (auto& x : column) x = std::floor(2 * std::abs(x));
      column[c % column.size()] += 1;  // no document is empty
    }
  }
}

/// Three cases that are no model's favourites, of a kind that the type's data may be.
inline Matrix tiny_cases(const UnitType& type, Index units = 4, Index cases = 3) {
  Matrix values = Matrix::Zero(units, cases);
  add_normal_noise(Stream(14, Purpose::synthetic_training), {}, values);
  for (const auto& group : groups_of(type, units)) make_data(group.type, values.middleRows(group.first, group.count));
  return values;
}

}  // namespace dbn::test
