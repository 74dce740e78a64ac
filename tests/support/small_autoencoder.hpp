#pragma once
// Autoencoders of every kind, away from their start, and cases for them.

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include <dbn/autoencoder/autoencoder.hpp>

namespace dbn::test {

inline Autoencoder small_autoencoder(Index visible, Index hidden, const std::string& activation,
                                     ReconstructionLoss loss, bool tied, std::uint32_t layer = 0) {
  return make_autoencoder(visible, hidden, activation, loss, tied, Stream(1, Purpose::initial_weights, layer));
}

/// Every parameter away from its start, so that no term of a gradient vanishes.
inline void disturb(Autoencoder& model, std::uint32_t layer) {
  for (auto& tensor : model.tensors()) {
    Matrix noise = Matrix::Zero(tensor.values.rows(), tensor.values.cols());
    add_normal_noise(Stream(2, Purpose::initial_weights, layer), {}, noise);
    tensor.values += noise / Scalar{2};
  }
}

inline Matrix uniform_cases(Index features, Index cases) {
  Matrix values(features, cases);
  const Stream stream(3, Purpose::synthetic_training);
  for (Index c = 0; c < cases; ++c)
    for (Index r = 0; r < features; ++r)
      values(r, c) = static_cast<Scalar>(
          stream.uniform({.instance = static_cast<std::uint32_t>(c), .unit = static_cast<std::uint32_t>(r)}));
  return values;
}

/// Some features of some cases lost.
inline Matrix damaged(Matrix cases) {
  for (Index i = 0; i < cases.size(); i += 4) cases.data()[i] = 0;
  return cases;
}

/// Weights that count the features which damaged() keeps less than those that it loses.
inline Matrix emphasised(Index features, Index cases) {
  Matrix weights = Matrix::Constant(features, cases, Scalar(0.4));
  for (Index i = 0; i < weights.size(); i += 4) weights.data()[i] = 1;
  return weights;
}

/// Tied or untied x loss x code activation.
using AutoencoderKindName = std::tuple<bool, std::string, std::string>;

class AutoencoderKind : public testing::TestWithParam<AutoencoderKindName> {
 protected:
  Autoencoder make_kind(Index visible, Index hidden, std::uint32_t layer = 0) const {
    const auto& [tied, loss, code] = GetParam();
    Autoencoder model = small_autoencoder(visible, hidden, code, reconstruction_loss(loss), tied, layer);
    disturb(model, layer);
    return model;
  }
};

inline auto all_autoencoder_kinds() {
  return testing::Combine(testing::Bool(), testing::ValuesIn(reconstruction_loss_names()),
                          testing::ValuesIn(code_activation_names()));
}

inline std::string autoencoder_kind_name(const testing::TestParamInfo<AutoencoderKindName>& test) {
  const auto& [tied, loss, code] = test.param;
  std::string name = (tied ? "tied_" : "untied_") + loss.substr(0, loss.find('-')) + "_" + code;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// How near a total input of the codes comes to where some activation bends.
inline double nearest_kink(const Autoencoder& model, const Matrix& cases) {
  const Matrix input = model.weights.transpose().lazyProduct(cases).colwise() + model.hidden_bias;
  double nearest = std::numeric_limits<double>::infinity();
  for (const double kink : {-3, -1, 0, 1, 3, 6})
    nearest = std::min(nearest, (input.cast<double>().array() - kink).abs().minCoeff());
  return nearest;
}

}  // namespace dbn::test
