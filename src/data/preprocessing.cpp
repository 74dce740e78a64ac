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
  const bool image = std::holds_alternative<Dataset::Bytes>(dataset.features) && dataset.shape.size() > 1;
  const double largest = image ? 255.0 : m.most.maxCoeff();
  return {"unit", Vector::Zero(1), Vector::Constant(1, static_cast<Scalar>(inverse_or_one(largest)))};
}

}  // namespace

void Preprocessing::apply(MatrixRef batch) const {
  for (const auto* vector : {&shift, &factor})
    if (vector->size() != 1 && vector->size() != batch.rows())
      throw InvalidArgument(
          fmt::format("preprocessing: fitted on {} features, found {}", vector->size(), batch.rows()));
  if (scale == "none") return;
  const bool same_shift = shift.size() == 1;
  const bool same_factor = factor.size() == 1;
  for (Index c = 0; c < batch.cols(); ++c) {
    auto x = batch.col(c).array();
    if (!same_shift)
      x -= shift.array();
    else if (shift[0] != 0)
      x -= shift[0];
    if (!same_factor)
      x *= factor.array();
    else
      x *= factor[0];
  }
}

const std::vector<std::string>& scale_names() {
  static const std::vector<std::string> names{"auto", "none", "unit", "minmax", "standardize"};
  return names;
}

Preprocessing fit_preprocessing(const std::string& scale, const Dataset& dataset, std::span<const Index> training) {
  if (std::find(scale_names().begin(), scale_names().end(), scale) == scale_names().end())
    throw InvalidArgument(
        fmt::format("--scale: expected one of {}, found '{}'", fmt::join(scale_names(), ", "), scale));
  if (scale == "none") return {};
  if (training.empty()) throw InvalidArgument(dataset.name + ": no training case to fit the scaling on");
  const Spread m = measure(dataset, training);
  const std::string rule = scale == "auto" ? choose_rule(m) : scale;
  if (rule == "none") return {};
  if (rule == "unit") return fit_unit(m, dataset);
  if (rule == "minmax") return {rule, m.least.cast<Scalar>(), m.least.binaryExpr(m.most, &minmax_factor)};
  return {rule, m.moments.mean().cast<Scalar>(), m.moments.variance().sqrt().unaryExpr(&inverse_or_one).cast<Scalar>()};
}

}  // namespace dbn
