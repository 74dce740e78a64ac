#include <dbn/autoencoder/autoencoder_gradient.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>

namespace dbn {

AutoencoderGradient::AutoencoderGradient(const Autoencoder& model, Index batch,
                                         const AutoencoderGradientOptions& options)
    : model_(model),
      penalties_(model, options.penalties, batch, options.with_value),
      visible_(model.visible_count(), 2 * batch),
      hidden_(model.hidden_count(), 2 * batch),
      hidden_sums_(model.hidden_count()),
      visible_sums_(model.visible_count()) {
  if (options.with_value) costs_.setZero(model.visible_count());
}

MatrixRef AutoencoderGradient::input(Index cases) {
  if (cases < 1 || 2 * cases > visible_.cols())
    throw InvalidArgument(fmt::format("batch: expected 1 to {} cases, found {}", visible_.cols() / 2, cases));
  return visible_.leftCols(cases);
}

void AutoencoderGradient::check(const ConstMatrixRef& corrupted, const ConstMatrixRef& clean,
                                const ConstMatrixRef& feature_weights) const {
  const Index cases = corrupted.cols();
  if (corrupted.rows() != model_.visible_count() || clean.rows() != corrupted.rows() || clean.cols() != cases ||
      cases < 1 || 2 * cases > visible_.cols())
    throw InvalidArgument(fmt::format("batch: expected {} features and 1 to {} cases twice, found {} x {} and {} x {}",
                                      model_.visible_count(), visible_.cols() / 2, corrupted.rows(), cases,
                                      clean.rows(), clean.cols()));
  if (feature_weights.size() > 0 && (feature_weights.rows() != clean.rows() || feature_weights.cols() != cases))
    throw InvalidArgument(fmt::format("batch: expected weights of {} x {} features, found {} x {}", clean.rows(), cases,
                                      feature_weights.rows(), feature_weights.cols()));
}

double AutoencoderGradient::gradient(const ConstMatrixRef& corrupted, const ConstMatrixRef& clean, GradientSink sink,
                                     const ConstMatrixRef& feature_weights, bool as_tied) {
  check(corrupted, clean, feature_weights);
  cases_ = corrupted.cols();
  if (corrupted.data() != visible_.data()) visible_.leftCols(cases_) = corrupted;
  model_.encode_into(corrupted, hidden_.middleCols(cases_, cases_));
  output_delta(clean, feature_weights);
  hidden_delta();
  // Before the sink, which may change the model.
  const double value = costs_.size() > 0 ? costs_.sum() / static_cast<double>(cases_) + penalties_.value() : 0;

  hand_out_weights(sink, model_.tied() || as_tied);
  if (!model_.tied()) hand_out_decoder(sink, as_tied);
  sink(1, 0, hidden_sums_);
  sink(2, 0, visible_sums_);
  return value;
}

// Decodes, and leaves the loss's gradient with respect to the output's total input, averaged over the batch. For both
// losses that is y - x: each output function is the one that fits its loss.
void AutoencoderGradient::output_delta(const ConstMatrixRef& clean, const ConstMatrixRef& feature_weights) {
  const auto difference = [&](Index first, MatrixRef tile) {
    const Index features = tile.rows();
    const bool weighted = feature_weights.size() > 0;
    const ConstMatrixRef target = clean.middleRows(first, features);
    const ConstMatrixRef weights = feature_weights.middleRows(weighted ? first : 0, weighted ? features : 0);
    if (costs_.size() > 0) {
      costs_.segment(first, features).setZero();
      model_.add_costs(tile, target, weights, costs_.segment(first, features));
    }
    model_.output_in_place(tile);
    tile = (tile - target) / static_cast<Scalar>(cases_);
    if (weighted) tile = tile.cwiseProduct(weights);
    row_sums_into(tile, visible_sums_.segment(first, features));
  };
  model_.decode_total_input_into(hidden_.middleCols(cases_, cases_), visible_.middleCols(cases_, cases_), difference);
}

void AutoencoderGradient::hidden_delta() {
  const Matrix& weights = model_.tied() ? model_.weights : model_.decoder_weights;
  const MatrixRef codes = hidden_.middleCols(cases_, cases_);
  const auto through_code = [&](Index first, MatrixRef tile) {
    penalties_.add_slopes(first, codes.middleRows(first, tile.rows()), tile);
    model_.code->multiply_by_slope(codes.middleRows(first, tile.rows()), tile);
    row_sums_into(tile, hidden_sums_.segment(first, tile.rows()));
  };
  multiply_into({weights, model_.tied()}, plain(visible_.middleCols(cases_, cases_)), hidden_.leftCols(cases_),
                through_code);
}

// `together`: with the decoder's part.
void AutoencoderGradient::hand_out_weights(GradientSink sink, bool together) const {
  const Index columns = together ? 2 * cases_ : cases_;
  multiply_by_columns(plain(visible_.leftCols(columns)), transposed(hidden_.leftCols(columns)),
                      [&](Index first, MatrixRef tile) {
                        penalties_.add_pull(first, tile);
                        sink(0, first, tile);
                      });
}

// `together`: with the encoder's part, all of it transposed.
void AutoencoderGradient::hand_out_decoder(GradientSink sink, bool together) const {
  const Index before = together ? 0 : cases_;  // deltas of the hidden layer and their inputs
  const Index columns = 2 * cases_ - before;
  multiply_by_columns(plain(hidden_.middleCols(before, columns)), transposed(visible_.middleCols(before, columns)),
                      [&](Index first, MatrixRef tile) {
                        if (together) penalties_.add_pull_to_decoder(first, tile);
                        sink(3, first, tile);
                      });
}

double autoencoder_gradient_memory(Index visible, Index hidden, Index batch,
                                   const AutoencoderGradientOptions& options) {
  const auto units = static_cast<double>(visible) + static_cast<double>(hidden);
  return sizeof(Scalar) * units * (2 * static_cast<double>(batch) + 1) +
         penalty_gradient_memory(hidden, batch, options.penalties, options.with_value) +
         (options.with_value ? sizeof(double) * static_cast<double>(visible) : 0);
}

}  // namespace dbn
