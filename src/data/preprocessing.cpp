#include <dbn/data/preprocessing.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/moments.hpp>

namespace dbn {
namespace {

// Per feature, over the training cases.
struct Spread {
  Eigen::VectorXd least, most;
  Moments moments;
};

Spread measure(const Dataset& dataset, std::span<const Index> cases) {
  const Index features = dataset.feature_count();
  Spread m{Eigen::VectorXd::Constant(features, INFINITY), Eigen::VectorXd::Constant(features, -INFINITY),
           Moments(features)};
  constexpr std::size_t kBlock = 256;
  Matrix block(features, static_cast<Index>(kBlock));
  for (std::size_t first = 0; first < cases.size(); first += kBlock) {
    const auto part = cases.subspan(first, std::min(kBlock, cases.size() - first));
    dataset.gather_into(part, block.leftCols(static_cast<Index>(part.size())));
    for (Index c = 0; c < static_cast<Index>(part.size()); ++c) {
      const Eigen::ArrayXd x = block.col(c).cast<double>();
      m.moments.add(x);
      m.least = m.least.cwiseMin(x.matrix());
      m.most = m.most.cwiseMax(x.matrix());
    }
  }
  return m;
}

/// Calls visit(first, count) for the features of each column of categories.
template <typename Visit>
void for_each_group(const Schema& schema, Visit visit) {
  Index first = 0;
  for (const auto& column : schema.columns) {
    if (column.categorical()) visit(first, column.feature_count());
    first += column.feature_count();
  }
}

// As if they were always 0, so that numbers alone say how to scale.
void forget_categories(Spread& m, const Schema& schema) {
  for_each_group(schema, [&](Index first, Index count) {
    m.least.segment(first, count).setZero();
    m.most.segment(first, count).setZero();
  });
}

void spare_categories(Preprocessing& fitted, const Schema& schema) {
  if (schema.empty() || fitted.scale == "none") return;
  const auto widen = [features = schema.feature_count()](Vector& v) {
    if (v.size() == 1) v = Vector::Constant(features, v[0]).eval();
  };
  widen(fitted.shift);
  widen(fitted.factor);
  for_each_group(schema, [&](Index first, Index count) {
    fitted.shift.segment(first, count).setZero();
    fitted.factor.segment(first, count).setOnes();
  });
}

// Categories are 0 and 1, and must remain so.
void check_threshold(const Binarization& binarization, const Schema& schema) {
  if (binarization.rule != Binarization::Rule::threshold || schema.empty()) return;
  if (binarization.threshold < 0 || binarization.threshold >= 1)
    throw InvalidArgument(
        fmt::format("--binarize: expected a threshold from 0 to below 1 for data with categories, whose features are 0 "
                    "and 1, found {}; try --scale minmax",
                    binarization.threshold));
}

std::string choose_rule(const Spread& m) {
  if (m.least.minCoeff() < 0) return "standardize";
  return m.most.maxCoeff() <= 1 ? "none" : "unit";
}

// A width too small to be told from 0 in Scalar is that of a constant feature.
double inverse_or_one(double width) {
  return width > 0 && std::isfinite(static_cast<Scalar>(1.0 / width)) ? 1.0 / width : 1.0;
}

// The factor that takes [least, most] to [0, 1] in Scalar's own rounding: never above 1, which a binary unit would
// refuse.
Scalar minmax_factor(double least, double most) {
  auto factor = static_cast<Scalar>(inverse_or_one(most - least));
  const Scalar width = static_cast<Scalar>(most) - static_cast<Scalar>(least);
  while (most > least && width * factor > 1) factor = std::nextafter(factor, Scalar{0});
  return factor;
}

Preprocessing fit_unit(const Spread& m, const Dataset& dataset) {
  if (m.least.minCoeff() < 0)
    throw DataError(fmt::format("{}: --scale unit expects values from 0 up, found {}; try minmax or standardize",
                                dataset.name, m.least.minCoeff()));
  // Images are bytes: 255 is white even when no training case holds it.
  const bool image = dataset.holds_bytes() && dataset.shape.size() > 1;
  const double largest = image ? 255.0 : m.most.maxCoeff();
  return {"unit", Vector::Zero(1), Vector::Constant(1, static_cast<Scalar>(inverse_or_one(largest)))};
}

Preprocessing fit_rule(const std::string& rule, const Spread& m, const Dataset& dataset) {
  if (rule == "none") return {};
  if (rule == "unit") return fit_unit(m, dataset);
  if (rule == "minmax") return {rule, m.least.cast<Scalar>(), m.least.binaryExpr(m.most, &minmax_factor)};
  return {rule, m.moments.mean().cast<Scalar>(), m.moments.variance().sqrt().unaryExpr(&inverse_or_one).cast<Scalar>()};
}

// Throws unless all scaled training values are probabilities.
void check_probabilities(const Preprocessing& scaling, const Spread& m, const Dataset& dataset) {
  Matrix ends(m.least.size(), 2);
  ends << m.least.cast<Scalar>(), m.most.cast<Scalar>();
  scaling.apply(ends);
  if (ends.minCoeff() < 0 || ends.maxCoeff() > 1)
    throw DataError(fmt::format(
        "{}: --binarize sample expects scaled values in [0, 1], found {:.4g} to {:.4g}; try --scale minmax, or "
        "--binarize threshold:T",
        dataset.name, ends.minCoeff(), ends.maxCoeff()));
}

void check_features(const Preprocessing& fitted, Index features) {
  for (const auto* vector : {&fitted.shift, &fitted.factor})
    if (vector->size() != 1 && vector->size() != features)
      throw InvalidArgument(fmt::format("preprocessing: fitted on {} features, found {}", vector->size(), features));
}

void scale_in_place(VectorRef x, const Vector& shift, const Vector& factor) {
  if (shift.size() > 1)
    x -= shift;
  else if (shift[0] != 0)
    x.array() -= shift[0];
  if (factor.size() > 1)
    x.array() *= factor.array();
  else
    x *= factor[0];
}

}  // namespace

void Preprocessing::apply(MatrixRef batch, std::span<const Index> cases) const {
  check_features(*this, batch.rows());
  const bool numbered = binarization.rule == Binarization::Rule::sample;
  if (numbered && std::ssize(cases) != batch.cols())
    throw InvalidArgument(fmt::format("preprocessing: expected the numbers of {} cases to draw them by, found {}",
                                      batch.cols(), cases.size()));
  for (Index c = 0; c < batch.cols(); ++c) {
    VectorRef x = batch.col(c);
    if (scale != "none") scale_in_place(x, shift, factor);
    binarization.apply(numbered ? cases[static_cast<std::size_t>(c)] : 0, x);
  }
}

void Preprocessing::invert(MatrixRef batch) const {
  check_features(*this, batch.rows());
  if (scale == "none") return;
  for (Index c = 0; c < batch.cols(); ++c) {
    auto x = batch.col(c).array();
    if (factor.size() > 1)
      x /= factor.array();
    else
      x /= factor[0];
    if (shift.size() > 1)
      x += shift.array();
    else
      x += shift[0];
  }
}

const std::vector<std::string>& scale_names() {
  static const std::vector<std::string> names{"auto", "none", "unit", "minmax", "standardize"};
  return names;
}

Preprocessing fit_preprocessing(const std::string& scale, const Dataset& dataset, std::span<const Index> training,
                                const Binarization& binarization) {
  if (std::find(scale_names().begin(), scale_names().end(), scale) == scale_names().end())
    throw InvalidArgument(
        fmt::format("--scale: expected one of {}, found '{}'", fmt::join(scale_names(), ", "), scale));
  const bool sampled = binarization.rule == Binarization::Rule::sample;
  check_threshold(binarization, dataset.schema);
  if (scale == "none" && !sampled) return {.binarization = binarization, .schema = dataset.schema};
  if (training.empty()) throw InvalidArgument(dataset.name + ": no training case to fit the scaling on");
  Spread m = measure(dataset, training);
  forget_categories(m, dataset.schema);
  Preprocessing fitted = fit_rule(scale == "auto" ? choose_rule(m) : scale, m, dataset);
  spare_categories(fitted, dataset.schema);
  if (sampled) check_probabilities(fitted, m, dataset);
  fitted.binarization = binarization;
  fitted.schema = dataset.schema;
  return fitted;
}

}  // namespace dbn
