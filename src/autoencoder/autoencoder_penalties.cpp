#include <dbn/autoencoder/autoencoder_penalties.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

namespace dbn {
namespace {

// The slope along a unit's total input is target-like even for one that is all but dead, because the slope along its
// activity grows as that of the unit falls: only rounding bounds how far. Squares of it stay finite.
constexpr double kLeastActivity = 1e-30;
constexpr double kMostActivity = 1 - static_cast<double>(std::numeric_limits<Scalar>::epsilon());

void check_range(double value, double most, const char* name) {
  if (!(value >= 0 && value <= most))
    throw InvalidArgument(fmt::format("{}: expected a number from 0 to {}, found {}", name, most, value));
}

/// KL(target || activity) and its slope along the activity.
struct Divergence {
  double value = 0;
  double slope = 0;
};

Divergence divergence(double target, double activity) {
  const auto term = [](double p, double q) { return p > 0 ? p * std::log(p / q) : 0; };
  const double q = std::clamp(activity, kLeastActivity, kMostActivity);
  const double slope = (1 - target) / (1 - q) - target / q;
  return {term(target, q) + term(1 - target, 1 - q) + slope * (activity - q), slope};
}

}  // namespace

void check_penalties(const AutoencoderPenalties& penalties, const Activation& code) {
  constexpr double kMostCost = 1e6;
  check_range(penalties.contraction, kMostCost, "contraction");
  check_range(penalties.sparsity_target, 1, "sparsity_target");
  check_range(penalties.sparsity_cost, kMostCost, "sparsity_cost");
  check_range(penalties.code_l1, kMostCost, "code_l1");
  if (penalties.sparsity_cost > 0 && !codes_are_probabilities(code.name))
    throw InvalidArgument(
        fmt::format("--sparsity-target: expected codes in [0, 1], by sigmoid or hard-sigmoid, found {}; try "
                    "--sparsity-cost 0 --code-l1 0.1",
                    code.name));
}

double mean_penalty(const Autoencoder& model, const AutoencoderPenalties& penalties, const ConstMatrixRef& input) {
  Matrix codes(model.hidden_count(), input.cols());
  model.encode_into(input, codes);
  PenaltyGradient gradient(model, penalties, input.cols(), true);
  Matrix slopes = Matrix::Zero(codes.rows(), codes.cols());
  gradient.add_slopes(0, codes, slopes);
  return gradient.value();
}

PenaltyGradient::PenaltyGradient(const Autoencoder& model, const AutoencoderPenalties& penalties, Index batch,
                                 bool with_value)
    : model_(model), penalties_(penalties) {
  check_penalties(penalties, *model.code);
  const Index hidden = model.hidden_count();
  if (penalties.contraction > 0) {
    work_.resize(hidden, batch);
    norms_.resize(hidden);
    pull_.resize(hidden);
  }
  if (penalties.sparsity_cost > 0) activity_.resize(hidden);
  if (with_value) values_.setZero(hidden);
}

void PenaltyGradient::add_slopes(Index first, const ConstMatrixRef& codes, MatrixRef slopes) {
  if (values_.size() > 0) values_.segment(first, codes.rows()).setZero();
  if (penalties_.code_l1 > 0) add_l1(first, codes, slopes);
  if (penalties_.sparsity_cost > 0) add_divergence(first, codes, slopes);
  if (penalties_.contraction > 0) add_contraction(first, codes, slopes);
}

void PenaltyGradient::add_l1(Index first, const ConstMatrixRef& codes, MatrixRef slopes) {
  const double cost = penalties_.code_l1 / static_cast<double>(codes.cols());
  slopes.array() += static_cast<Scalar>(cost) * codes.array().sign();
  if (values_.size() == 0) return;
  for (Index c = 0; c < codes.cols(); ++c)
    values_.segment(first, codes.rows()) += cost * codes.col(c).cast<double>().cwiseAbs();
}

// The mean activity is that of the batch, so that each case has a part in it.
void PenaltyGradient::add_divergence(Index first, const ConstMatrixRef& codes, MatrixRef slopes) {
  const auto cases = static_cast<double>(codes.cols());
  VectorRef activity = activity_.segment(first, codes.rows());
  row_sums_into(codes, activity);
  for (Index j = 0; j < codes.rows(); ++j) {
    const auto found = divergence(penalties_.sparsity_target, static_cast<double>(activity[j]) / cases);
    slopes.row(j).array() += static_cast<Scalar>(penalties_.sparsity_cost * found.slope / cases);
    if (values_.size() > 0) values_[first + j] += penalties_.sparsity_cost * found.value;
  }
}

// ||dh/dx||^2 = sum over units of f'^2 |w|^2. It moves with the weights' lengths, which is add_pull's part, and with
// f', along a unit's total input by 2 f' f'' |w|^2; the caller multiplies the slopes by f' on their way to that input.
void PenaltyGradient::add_contraction(Index first, const ConstMatrixRef& codes, MatrixRef slopes) {
  const Index units = codes.rows();
  const double cost = penalties_.contraction / static_cast<double>(codes.cols());
  MatrixRef work = work_.block(first, 0, units, codes.cols());
  VectorRef norms = norms_.segment(first, units), pull = pull_.segment(first, units);
  norms = model_.weights.middleCols(first, units).colwise().squaredNorm().transpose();
  work.setOnes();
  model_.code->multiply_by_slope(codes, work);
  work = work.cwiseAbs2();
  row_sums_into(work, pull);
  if (values_.size() > 0)
    values_.segment(first, units) += cost * pull.cast<double>().cwiseProduct(norms.cast<double>());
  pull *= static_cast<Scalar>(2 * cost);
  norms *= static_cast<Scalar>(2 * cost);
  work.colwise() = norms;
  model_.code->multiply_by_curvature(codes, work);
  slopes += work;
}

void PenaltyGradient::add_pull(Index first, MatrixRef gradient) const {
  if (pull_.size() == 0) return;
  const Index units = gradient.cols();
  gradient.noalias() += model_.weights.middleCols(first, units) * pull_.segment(first, units).asDiagonal();
}

void PenaltyGradient::add_pull_to_decoder(Index first, MatrixRef gradient) const {
  if (pull_.size() == 0) return;
  gradient.noalias() += pull_.asDiagonal() * model_.decoder_weights.middleCols(first, gradient.cols());
}

double penalty_gradient_memory(Index hidden, Index batch, const AutoencoderPenalties& penalties, bool with_value) {
  const double scalars =
      (penalties.contraction > 0 ? static_cast<double>(batch) + 2 : 0) + (penalties.sparsity_cost > 0);
  return static_cast<double>(hidden) * (sizeof(Scalar) * scalars + (with_value ? sizeof(double) : 0));
}

}  // namespace dbn
