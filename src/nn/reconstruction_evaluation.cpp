#include <dbn/nn/reconstruction_evaluation.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/moments.hpp>
#include <dbn/nn/evaluation.hpp>

namespace dbn {
namespace {

void check(const Mlp& net, const CaseSource& cases) {
  if (net.output_count() != cases.feature_count())
    throw InvalidArgument(fmt::format("autoencoder: expected one output for each of {} features, found {} outputs",
                                      cases.feature_count(), net.output_count()));
  if (cases.case_count() == 0)
    throw InvalidArgument("autoencoder: expected at least one case to give back, found none");
}

// NaN is none.
bool are_probabilities(const ConstMatrixRef& values) { return (values.array() >= 0 && values.array() <= 1).all(); }

double unexplained_percent(double squared_error, double variance) {
  if (variance > 0) return 100 * squared_error / variance;
  return squared_error > 0 ? 100 : 0;
}

}  // namespace

ReconstructionEvaluation evaluate_reconstruction(const Mlp& net, const CaseSource& cases, const Loss& loss) {
  check(net, cases);
  ReconstructionEvaluation result{.cases = cases.case_count()};
  const auto count = static_cast<double>(result.cases);
  const auto all = all_cases(result.cases);
  Moments features(cases.feature_count());
  double cross_entropy = 0;
  bool probabilities = loss.probabilities;
  for_each_scores(net, cases, [&](Index first, const Matrix& scores) {
    Matrix inputs(scores.rows(), scores.cols());
    cases.gather_into(std::span(all).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(scores.cols())),
                      inputs);
    probabilities = probabilities && are_probabilities(inputs);
    if (probabilities) {
      Matrix gradient = scores;
      cross_entropy += loss.value_and_gradient(gradient, inputs);
    }
    Matrix back = scores;
    loss.predict(back);
    for (Index c = 0; c < inputs.cols(); ++c) {
      features.add(inputs.col(c).cast<double>());
      result.squared_error += (back.col(c).cast<double>() - inputs.col(c).cast<double>()).squaredNorm();
    }
  });
  result.squared_error /= count;
  result.unexplained = unexplained_percent(result.squared_error, features.variance().sum());
  if (probabilities) result.cross_entropy = cross_entropy / count;
  return result;
}

void check_inputs(const PreparedCases& cases, const Loss& loss) {
  constexpr Index kBatch = 256;
  if (!loss.probabilities) return;
  Matrix batch(cases.feature_count(), std::min(kBatch, cases.case_count()));
  const auto all = all_cases(cases.case_count());
  for_each_batch(all, kBatch, [&](Index, std::span<const Index> part) {
    MatrixRef inputs = batch.leftCols(std::ssize(part));
    cases.gather_into(part, inputs);
    if (are_probabilities(inputs)) return;
    for (Index c = 0; c < inputs.cols(); ++c)
      for (Index r = 0; r < inputs.rows(); ++r)
        if (const Scalar x = inputs(r, c); !(x >= 0 && x <= 1))
          throw DataError(fmt::format(
              "{}: case {}: feature {} is {:.4g} as scaled; expected 0 to 1, as --loss {} does; try --loss "
              "squared-error or --scale minmax",
              cases.dataset().name, cases.members()[static_cast<std::size_t>(part[static_cast<std::size_t>(c)])] + 1,
              r + 1, x, loss.name));
  });
}

}  // namespace dbn
