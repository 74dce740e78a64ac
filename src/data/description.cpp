#include <dbn/data/description.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/moments.hpp>

#include "data_advice.hpp"

namespace dbn {
namespace {

/// Counts different numbers, up to a limit.
class DistinctNumbers {
 public:
  void add(Scalar value) {
    if (value >= 0 && value < static_cast<Scalar>(bytes_.size()) && value == std::floor(value)) {
      bool& seen = bytes_[static_cast<std::size_t>(value)];
      count_ += seen ? 0 : 1;
      seen = true;
    } else if (count_ <= FeatureDescription::kMostDistinct && others_.insert(value).second) {
      ++count_;
    }
  }

  std::optional<Index> count() const {
    return count_ <= FeatureDescription::kMostDistinct ? std::optional(count_) : std::nullopt;
  }

 private:
  std::array<bool, 256> bytes_{};  ///< whole numbers of the size of a byte need no search
  std::unordered_set<Scalar> others_;
  Index count_ = 0;
};

/// What one feature holds.
struct FeatureValues {
  Scalar least = std::numeric_limits<Scalar>::infinity();
  Scalar most = -std::numeric_limits<Scalar>::infinity();
  bool between = false;  ///< some value is neither of the ends, or was none when it came

  // With two values at most, each new one becomes an end and none lies inside or is left behind.
  void add(Scalar value) {
    if (value == least || value == most) return;
    between |= least < most;
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

/// All features, as their values come.
class Survey {
 public:
  explicit Survey(Index features) : features_(static_cast<std::size_t>(features)) {}

  void add(const ConstMatrixRef& block) {
    for (Index c = 0; c < block.cols(); ++c)
      for (Index f = 0; f < block.rows(); ++f) {
        const Scalar value = block(f, c);
        features_[static_cast<std::size_t>(f)].add(value);
        distinct_.add(value);
        sum_ += static_cast<double>(value);
        whole_ &= value == std::floor(value);
        for (std::size_t i = 0; i < small_.size(); ++i) small_[i] += value == static_cast<Scalar>(i);
      }
    count_ += block.size();
  }

  FeatureDescription description(const Dataset& dataset) const {
    FeatureDescription d;
    d.type = dataset.holds_bytes() ? "bytes" : whole_ ? "integers" : "numbers";
    d.least = static_cast<double>(std::ranges::min(features_, {}, &FeatureValues::least).least);
    d.most = static_cast<double>(std::ranges::max(features_, {}, &FeatureValues::most).most);
    const auto count = static_cast<double>(count_);
    d.mean = sum_ / count;
    d.zeros = static_cast<double>(small_[0]) / count;
    d.ones = static_cast<double>(small_[1]) / count;
    d.twos = static_cast<double>(small_[2]) / count;
    d.distinct = distinct_.count();
    for (const FeatureValues& f : features_) {
      const double width = static_cast<double>(f.most) - static_cast<double>(f.least);
      d.constant += width == 0;
      d.two_valued += width > 0 && !f.between;
      d.wide += width > 0 && width >= (d.most - d.least) / 2;
    }
    return d;
  }

 private:
  std::vector<FeatureValues> features_;
  DistinctNumbers distinct_;
  std::array<Index, 3> small_{};  ///< how many are 0, 1, 2
  double sum_ = 0;
  Index count_ = 0;
  bool whole_ = true;
};

void describe_classes(const Dataset& dataset, DataDescription& d) {
  d.class_counts.assign(dataset.classes.size(), 0);
  if (dataset.has_targets()) return;
  if (!dataset.labelled()) d.unlabelled = dataset.case_count();
  for (const int label : dataset.labels)
    ++(label == kUnlabelled ? d.unlabelled : d.class_counts[static_cast<std::size_t>(label)]);
  if (d.class_counts.empty()) return;
  const auto [least, most] = std::ranges::minmax(d.class_counts);
  d.imbalance = static_cast<double>(most) / static_cast<double>(least);
  const auto labelled = static_cast<double>(d.cases - d.unlabelled);
  if (labelled > 0) d.majority_error = 100 * (1 - static_cast<double>(most) / labelled);
}

void describe_targets(const Dataset& dataset, DataDescription& d) {
  if (!dataset.has_targets()) return;
  Moments moments(dataset.targets.rows());
  for (Index c = 0; c < dataset.case_count(); ++c) moments.add(dataset.targets.col(c).cast<double>().array());
  const Eigen::ArrayXd deviation = moments.variance().sqrt();
  for (Index t = 0; t < dataset.targets.rows(); ++t)
    d.targets.push_back({.name = dataset.target_names[static_cast<std::size_t>(t)],
                         .least = static_cast<double>(dataset.targets.row(t).minCoeff()),
                         .most = static_cast<double>(dataset.targets.row(t).maxCoeff()),
                         .mean = moments.mean()[t],
                         .deviation = deviation[t]});
}

}  // namespace

DataDescription describe(const Dataset& dataset) {
  DataDescription d;
  d.cases = dataset.case_count();
  d.features = dataset.feature_count();
  if (d.cases == 0 || d.features == 0)
    throw DataError(fmt::format("{}: expected cases with features, found {} of {}", dataset.name, d.cases, d.features));
  Survey survey(d.features);
  dataset.for_each_block([&](Index, const ConstMatrixRef& block) { survey.add(block); });
  d.values = survey.description(dataset);
  describe_classes(dataset, d);
  describe_targets(dataset, d);
  d.advice = detail::advice_for(dataset, d.values);
  return d;
}

}  // namespace dbn
