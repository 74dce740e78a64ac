#include <dbn/autoencoder/autoencoder.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {
namespace {

void decode_total_input(const Autoencoder& model, const ConstMatrixRef& codes, MatrixRef visible,
                        RowTileEpilogue then) {
  const Matrix& weights = model.tied() ? model.weights : model.decoder_weights;
  multiply_add_into({weights, !model.tied()}, plain(codes), model.decoder_bias, visible, then);
}

// -x log logistic(z) - (1 - x) log(1 - logistic(z)) = softplus(z) - x z, finite for any z.
double cross_entropy(const ConstMatrixRef& total_input, const ConstMatrixRef& target) {
  return softplus_column_sums(total_input).sum() - target.cast<double>().cwiseProduct(total_input.cast<double>()).sum();
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

void Autoencoder::encode_into(const ConstMatrixRef& visible, MatrixRef code_out) const {
  multiply_add_into(transposed(weights), plain(visible), hidden_bias, code_out,
                    [this](Index, MatrixRef tile) { code->apply(tile); });
}

void Autoencoder::decode_into(const ConstMatrixRef& codes, MatrixRef visible, RowTileEpilogue then) const {
  decode_total_input(*this, codes, visible, [&](Index first, MatrixRef tile) {
    if (loss == ReconstructionLoss::cross_entropy) logistic_in_place(tile);
    then(first, tile);
  });
}

double Autoencoder::mean_loss(const ConstMatrixRef& input, const ConstMatrixRef& target) const {
  Matrix codes(hidden_count(), input.cols());
  encode_into(input, codes);
  Matrix output(visible_count(), input.cols());
  decode_total_input(*this, codes, output, kNoEpilogue);
  const double sum = loss == ReconstructionLoss::cross_entropy ? cross_entropy(output, target)
                                                               : 0.5 * (output - target).cast<double>().squaredNorm();
  return sum / static_cast<double>(input.cols());
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

AutoencoderGradient::AutoencoderGradient(const Autoencoder& model, Index batch)
    : model_(model),
      visible_(model.visible_count(), 2 * batch),
      hidden_(model.hidden_count(), 2 * batch),
      hidden_sums_(model.hidden_count()),
      visible_sums_(model.visible_count()) {}

MatrixRef AutoencoderGradient::input(Index cases) {
  if (cases < 1 || 2 * cases > visible_.cols())
    throw InvalidArgument(fmt::format("batch: expected 1 to {} cases, found {}", visible_.cols() / 2, cases));
  return visible_.leftCols(cases);
}

void AutoencoderGradient::gradient(const ConstMatrixRef& corrupted, const ConstMatrixRef& clean, GradientSink sink) {
  cases_ = corrupted.cols();
  if (corrupted.rows() != model_.visible_count() || clean.rows() != corrupted.rows() || clean.cols() != cases_ ||
      cases_ < 1 || 2 * cases_ > visible_.cols())
    throw InvalidArgument(fmt::format("batch: expected {} features and 1 to {} cases twice, found {} x {} and {} x {}",
                                      model_.visible_count(), visible_.cols() / 2, corrupted.rows(), cases_,
                                      clean.rows(), clean.cols()));
  if (corrupted.data() != visible_.data()) visible_.leftCols(cases_) = corrupted;
  model_.encode_into(corrupted, hidden_.middleCols(cases_, cases_));
  output_delta(clean);
  hidden_delta();

  const MatrixRef input = visible_.leftCols(cases_);
  const MatrixRef delta_out = visible_.middleCols(cases_, cases_);
  const MatrixRef delta_hidden = hidden_.leftCols(cases_);
  const MatrixRef codes = hidden_.middleCols(cases_, cases_);
  const auto weights_sink = [&](Index first, const ConstMatrixRef& tile) { sink(0, first, tile); };
  if (model_.tied()) {
    multiply_by_columns(plain(visible_.leftCols(2 * cases_)), transposed(hidden_.leftCols(2 * cases_)), weights_sink);
  } else {
    multiply_by_columns(plain(input), transposed(delta_hidden), weights_sink);
    multiply_by_columns(plain(codes), transposed(delta_out),
                        [&](Index first, const ConstMatrixRef& tile) { sink(3, first, tile); });
  }
  sink(1, 0, hidden_sums_);
  sink(2, 0, visible_sums_);
}

// Decodes, and leaves the loss's gradient with respect to the output's total input, averaged over the batch. For both
// losses that is y - x: each output function is the one that fits its loss.
void AutoencoderGradient::output_delta(const ConstMatrixRef& clean) {
  const auto difference = [&](Index first, MatrixRef tile) {
    tile = (tile - clean.middleRows(first, tile.rows())) / static_cast<Scalar>(cases_);
    row_sums_into(tile, visible_sums_.segment(first, tile.rows()));
  };
  model_.decode_into(hidden_.middleCols(cases_, cases_), visible_.middleCols(cases_, cases_), difference);
}

void AutoencoderGradient::hidden_delta() {
  const Matrix& weights = model_.tied() ? model_.weights : model_.decoder_weights;
  const MatrixRef codes = hidden_.middleCols(cases_, cases_);
  const auto through_code = [&](Index first, MatrixRef tile) {
    model_.code->multiply_by_slope(codes.middleRows(first, tile.rows()), tile);
    row_sums_into(tile, hidden_sums_.segment(first, tile.rows()));
  };
  multiply_into({weights, model_.tied()}, plain(visible_.middleCols(cases_, cases_)), hidden_.leftCols(cases_),
                through_code);
}

double autoencoder_gradient_memory(Index visible, Index hidden, Index batch) {
  const auto units = static_cast<double>(visible) + static_cast<double>(hidden);
  return sizeof(Scalar) * units * (2 * static_cast<double>(batch) + 1);
}

}  // namespace dbn
