#include <dbn/autoencoder/autoencoder.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {
namespace {

using CostSums = Eigen::Ref<Eigen::VectorXd>;

// Adds what the features of one case cost, all of them or by their weights.
template <typename Costs>
void add_case(const Eigen::ArrayBase<Costs>& costs, const ConstMatrixRef& weights, Index c, CostSums sums) {
  if (weights.size() == 0)
    sums.array() += costs;
  else
    sums.array() += weights.col(c).cast<double>().array() * costs;
}

// -x log logistic(z) - (1 - x) log(1 - logistic(z)) = softplus(z) - x z, finite for any z.
template <typename Input, typename Target>
void add_cross_entropy(const Eigen::ArrayBase<Input>& z, const Eigen::ArrayBase<Target>& x,
                       const ConstMatrixRef& weights, Index c, CostSums sums) {
  add_case(z.max(0.0) + (-z.abs()).exp().log1p() - x * z, weights, c, sums);
}

template <typename Input, typename Target>
void add_squared_error(const Eigen::ArrayBase<Input>& z, const Eigen::ArrayBase<Target>& x,
                       const ConstMatrixRef& weights, Index c, CostSums sums) {
  add_case(0.5 * (z - x).square(), weights, c, sums);
}

}  // namespace

const std::vector<std::string>& reconstruction_loss_names() {
  static const std::vector<std::string> names{"cross-entropy", "squared-error"};
  return names;
}

ReconstructionLoss reconstruction_loss(std::string_view name) {
  const auto& names = reconstruction_loss_names();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<ReconstructionLoss>(i);
  throw InvalidArgument(fmt::format("loss: expected one of {}, found '{}'", fmt::join(names, ", "), name));
}

std::vector<std::string> code_activation_names() {
  std::vector<std::string> names;
  for (const auto& f : activations())
    if (!f.slope_from_input) names.push_back(f.name);
  return names;
}

bool codes_are_probabilities(std::string_view activation) {
  return activation == "sigmoid" || activation == "hard-sigmoid";
}

void Autoencoder::encode_into(const ConstMatrixRef& visible, MatrixRef code_out) const {
  multiply_add_into(transposed(weights), plain(visible), hidden_bias, code_out,
                    [this](Index, MatrixRef tile) { code->apply(tile); });
}

void Autoencoder::decode_into(const ConstMatrixRef& codes, MatrixRef visible, RowTileEpilogue then) const {
  decode_total_input_into(codes, visible, [&](Index first, MatrixRef tile) {
    output_in_place(tile);
    then(first, tile);
  });
}

void Autoencoder::decode_total_input_into(const ConstMatrixRef& codes, MatrixRef visible, RowTileEpilogue then) const {
  const Matrix& decoder = tied() ? weights : decoder_weights;
  multiply_add_into({decoder, !tied()}, plain(codes), decoder_bias, visible, then);
}

void Autoencoder::output_in_place(MatrixRef total_input) const {
  if (loss == ReconstructionLoss::cross_entropy) logistic_in_place(total_input);
}

void Autoencoder::add_costs(const ConstMatrixRef& total_input, const ConstMatrixRef& target,
                            const ConstMatrixRef& feature_weights, CostSums sums) const {
  for (Index c = 0; c < total_input.cols(); ++c)
    if (loss == ReconstructionLoss::cross_entropy)
      add_cross_entropy(total_input.col(c).cast<double>().array(), target.col(c).cast<double>().array(),
                        feature_weights, c, sums);
    else
      add_squared_error(total_input.col(c).cast<double>().array(), target.col(c).cast<double>().array(),
                        feature_weights, c, sums);
}

double Autoencoder::mean_loss(const ConstMatrixRef& input, const ConstMatrixRef& target,
                              const ConstMatrixRef& feature_weights) const {
  Matrix codes(hidden_count(), input.cols());
  encode_into(input, codes);
  Matrix output(visible_count(), input.cols());
  decode_total_input_into(codes, output, kNoEpilogue);
  Eigen::VectorXd costs = Eigen::VectorXd::Zero(visible_count());
  add_costs(output, target, feature_weights, costs);
  return costs.sum() / static_cast<double>(input.cols());
}

TensorList Autoencoder::tensors() {
  TensorList list{named("weight", weights), named("hidden_bias", hidden_bias), named("decoder_bias", decoder_bias)};
  if (!tied()) list.push_back(named("decoder_weight", decoder_weights));
  return list;
}

Autoencoder make_autoencoder(Index visible, Index hidden, const std::string& activation_name, ReconstructionLoss loss,
                             bool tied, const Stream& stream) {
  if (visible < 1 || hidden < 1)
    throw InvalidArgument(
        fmt::format("autoencoder: expected at least one unit a layer, found {} visible, {} hidden", visible, hidden));
  if (activation(activation_name).slope_from_input)
    throw InvalidArgument(fmt::format("autoencoder: expected codes by one of {}, found {}",
                                      fmt::join(code_activation_names(), ", "), activation_name));
  Autoencoder model{Matrix(visible, hidden), Vector::Zero(hidden),         Matrix(),
                    Vector::Zero(visible),   &activation(activation_name), loss};
  initializer("xavier").fill(stream, model.weights);
  if (!tied) model.decoder_weights = model.weights.transpose();
  return model;
}

}  // namespace dbn
