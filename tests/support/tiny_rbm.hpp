#pragma once
// RBMs so small that every state can be visited, and their naive twins: sums over states straight from the definition.

#include <cmath>
#include <numbers>
#include <string_view>

#include <dbn/rbm/rbm.hpp>

namespace dbn::test {

/// Weights of the given deviation, biases of deviation 1/2: far enough from zero that every term matters.
inline Rbm tiny_rbm(std::string_view visible, std::string_view hidden, Index visible_count = 4, Index hidden_count = 3,
                    double deviation = 0.8) {
  Rbm rbm = make_rbm(visible, hidden, visible_count, hidden_count, Stream(11, Purpose::initial_weights), deviation);
  add_normal_noise(Stream(12, Purpose::initial_weights), {}, rbm.visible_bias);
  add_normal_noise(Stream(13, Purpose::initial_weights), {}, rbm.hidden_bias);
  rbm.visible_bias *= Scalar{0.5};
  rbm.hidden_bias *= Scalar{0.5};
  return rbm;
}

/// All states of binary units, one a column; unit i is bit i of the column's number.
inline Matrix all_states(Index units) {
  Matrix states(units, Index{1} << units);
  for (Index c = 0; c < states.cols(); ++c)
    for (Index i = 0; i < units; ++i) states(i, c) = (c >> i) % 2 == 1 ? Scalar{1} : Scalar{0};
  return states;
}

/// -sum (b s + log base(s)), with base 1 for binary units and e^{-s^2/2} for Gaussian ones.
inline double naive_layer_energy(const UnitType& type, const Vector& states, const Vector& bias) {
  double energy = 0;
  for (Index i = 0; i < states.size(); ++i) {
    const auto s = static_cast<double>(states[i]);
    energy -= static_cast<double>(bias[i]) * s;
    if (type.name() == "gaussian") energy += s * s / 2;
  }
  return energy;
}

/// E(v, h) from the definition.
inline double naive_energy(const Rbm& rbm, const Vector& visible, const Vector& hidden) {
  double energy = naive_layer_energy(*rbm.visible, visible, rbm.visible_bias) +
                  naive_layer_energy(*rbm.hidden, hidden, rbm.hidden_bias);
  for (Index i = 0; i < visible.size(); ++i)
    for (Index j = 0; j < hidden.size(); ++j)
      energy -=
          static_cast<double>(visible[i]) * static_cast<double>(rbm.weights(i, j)) * static_cast<double>(hidden[j]);
  return energy;
}

/// e^{-E} of all pairs of binary states, (visible states x hidden states).
inline Eigen::MatrixXd naive_joint(const Rbm& rbm) {
  const Matrix visible = all_states(rbm.visible_count());
  const Matrix hidden = all_states(rbm.hidden_count());
  Eigen::MatrixXd joint(visible.cols(), hidden.cols());
  for (Index v = 0; v < joint.rows(); ++v)
    for (Index h = 0; h < joint.cols(); ++h) joint(v, h) = std::exp(-naive_energy(rbm, visible.col(v), hidden.col(h)));
  return joint;
}

/// Three cases that are no model's favourites: binary, or real numbers around zero.
inline Matrix tiny_cases(const UnitType& type, Index units = 4, Index cases = 3) {
  Matrix values = Matrix::Zero(units, cases);
  add_normal_noise(Stream(14, Purpose::synthetic_training), {}, values);
  if (type.binary()) values = (values.array() > Scalar{0}).cast<Scalar>().eval();
  return values;
}

}  // namespace dbn::test
