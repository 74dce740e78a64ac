#include <dbn/nn/target_scaling.hpp>

#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/moments.hpp>

namespace dbn {
namespace {

void check_outputs(const Mlp& net, const TargetScaling& scaling) {
  if (net.output_count() != scaling.mean.size())
    throw InvalidArgument(fmt::format("target scaling: fitted on {} targets, found a net of {} outputs",
                                      scaling.mean.size(), net.output_count()));
}

// A spread too small to be told from 0 in Scalar is that of a constant target.
Scalar deviation_of(double variance) {
  const double deviation = std::sqrt(variance);
  const bool usable = deviation > 0 && std::isfinite(static_cast<Scalar>(1 / deviation));
  return usable ? static_cast<Scalar>(deviation) : Scalar{1};
}

}  // namespace

void TargetScaling::apply(MatrixRef targets) const {
  targets.colwise() -= mean;
  targets.array().colwise() /= deviation.array();
}

void TargetScaling::undo(MatrixRef predictions) const {
  predictions.array().colwise() *= deviation.array();
  predictions.colwise() += mean;
}

TargetScaling fit_target_scaling(const PreparedCases& training, const Loss& loss) {
  const Index count = training.target_count();
  check_targets(training, count, loss);
  if (loss.probabilities) return {Vector::Zero(count), Vector::Ones(count)};
  Moments moments(count);
  Vector targets(count);
  for (Index i = 0; i < training.case_count(); ++i) {
    training.gather_targets_into({&i, 1}, targets);
    moments.add(targets.cast<double>());
  }
  return {moments.mean().matrix().cast<Scalar>(), moments.variance().unaryExpr(&deviation_of).matrix()};
}

void fold_target_scaling(Mlp& net, const TargetScaling& scaling) {
  check_outputs(net, scaling);
  DenseLayer& output = net.layers.back();
  output.weights.array().rowwise() *= scaling.deviation.transpose().array();
  output.bias = output.bias.cwiseProduct(scaling.deviation) + scaling.mean;
}

void unfold_target_scaling(Mlp& net, const TargetScaling& scaling) {
  check_outputs(net, scaling);
  DenseLayer& output = net.layers.back();
  output.weights.array().rowwise() /= scaling.deviation.transpose().array();
  output.bias = (output.bias - scaling.mean).cwiseQuotient(scaling.deviation);
}

void check_targets(const PreparedCases& cases, Index outputs, const Loss& loss) {
  const Dataset& dataset = cases.dataset();
  if (!dataset.has_targets() || cases.target_count() != outputs)
    throw InvalidArgument(fmt::format("{}: expected {} targets, one for each output, found {}", dataset.name, outputs,
                                      cases.target_count()));
  if (!loss.probabilities) return;
  for (const Index i : cases.members())
    for (Index k = 0; k < outputs; ++k)
      if (const Scalar t = dataset.targets(k, i); !(t >= 0 && t <= 1))
        throw DataError(
            fmt::format("{}: case {}: target {} is {}; expected 0 to 1, as --loss {} does; try --loss "
                        "squared-error",
                        dataset.name, i + 1, dataset.target_names[static_cast<std::size_t>(k)], t, loss.name));
}

}  // namespace dbn
