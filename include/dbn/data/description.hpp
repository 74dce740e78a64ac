#pragma once
// What a data set is like, for a person who is about to train on it.

#include <optional>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn {

/// How features suit a first layer.
struct DataAdvice {
  std::string visible;  ///< a unit type of units/, or auto, for --visible
  std::string scale;    ///< a rule of fit_preprocessing(), for --scale
  std::string reason;   ///< why, in words
};

/// The values of all features together.
struct FeatureDescription {
  static constexpr Index kMostDistinct = 256;  ///< so many different values are counted, no more

  std::string type = "bytes";  ///< bytes of their file; else integers, where all are whole, or numbers
  double least = 0;
  double most = 0;
  double mean = 0;
  double zeros = 0;               ///< share of values that are 0
  double ones = 0;                ///< and 1
  double twos = 0;                ///< and 2
  std::optional<Index> distinct;  ///< different values; none when there are more than kMostDistinct
  Index constant = 0;             ///< features that have one value in all cases
  Index two_valued = 0;           ///< features that have two
  Index wide = 0;                 ///< features that span at least half of what all span together
};

/// One number to predict, over all cases; the deviation is that of the cases as a whole population.
struct TargetDescription {
  std::string name;
  double least = 0;
  double most = 0;
  double mean = 0;
  double deviation = 0;
};

struct DataDescription {
  Index cases = 0;
  Index features = 0;
  FeatureDescription values;
  std::vector<Index> class_counts;         ///< cases of each class, in the order of `classes`
  Index unlabelled = 0;                    ///< cases without a label and without targets
  std::optional<double> imbalance;         ///< cases of the largest class over those of the smallest; none without
                                           ///< classes, infinite when a class has no case
  std::optional<double> majority_error;    ///< percent of labelled cases that the most frequent class alone misses
  std::vector<TargetDescription> targets;  ///< empty for classes
  DataAdvice advice;
};

/// Reads all features once, in blocks. Throws DataError for no case; whatever reading them throws.
DataDescription describe(const Dataset& dataset);

}  // namespace dbn
