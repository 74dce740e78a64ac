#include "data_advice.hpp"

#include <fmt/format.h>

namespace dbn::detail {
namespace {

bool whole(const FeatureDescription& values) { return values.type != "numbers"; }

bool probabilities(const FeatureDescription& values) { return values.least >= 0 && values.most <= 1; }

bool image(const Dataset& dataset) { return dataset.holds_bytes() && dataset.shape.size() > 1; }

// Of most words a document has none, of the others oftener one than two, and one is no rare count.
bool word_counts(const Dataset& dataset, const FeatureDescription& values) {
  constexpr double kMostlyAbsent = 0.5, kOftenOne = 1.0 / 3;
  return whole(values) && values.least >= 0 && dataset.shape.size() == 1 && values.zeros >= kMostlyAbsent &&
         values.ones >= values.twos && values.ones >= kOftenOne * (1 - values.zeros);
}

// auto makes a softmax group of each column of categories, and units for the numbers by their sign once scaled.
DataAdvice for_categories(const FeatureDescription& values) {
  if (probabilities(values))
    return {"auto", "none",
            "columns of categories become softmax groups; other values lie in [0, 1], as probabilities do"};
  return {"auto", "standardize",
          "columns of categories become softmax groups, and the numbers beside them gaussian units"};
}

DataAdvice for_images(const FeatureDescription& values) {
  constexpr double kHalfWhite = 128;
  if (values.most < kHalfWhite)
    return {"bernoulli", "minmax",
            fmt::format("bytes of images that stop at {:g} would hardly differ from 0 if they were divided by 255",
                        values.most)};
  return {"bernoulli", "unit", "bytes of images are probabilities once they are divided by 255"};
}

}  // namespace

DataAdvice advice_for(const Dataset& dataset, const FeatureDescription& values) {
  if (!dataset.schema.empty()) return for_categories(values);
  if (probabilities(values))
    return {"bernoulli", "auto",
            whole(values) ? "every value is 0 or 1" : "all values lie in [0, 1], as probabilities do"};
  if (values.least == -1 && values.most == 1 && values.distinct == 2)
    return {"bipolar", "none", "every value is -1 or 1"};
  if (image(dataset)) return for_images(values);
  if (values.constant + values.two_valued == dataset.feature_count())
    return {"bernoulli", "minmax", "no feature has more than two values, which minmax makes 0 and 1"};
  if (word_counts(dataset, values))
    return {"replicated-softmax", "none",
            fmt::format("whole numbers from 0, {:.0f} % of them 0 and 1 the usual other one, look like counts of words",
                        100 * values.zeros)};
  const Index varied = dataset.feature_count() - values.constant;
  if (values.least >= 0 && 2 * values.wide >= varied)
    return {"bernoulli", "unit",
            fmt::format("values from 0 on one scale are probabilities once they are divided by the largest, {:g}",
                        values.most)};
  return {"gaussian", "standardize",
          values.least < 0 ? "some values are negative, so that they are no probabilities"
                           : "the ranges of the features differ, so that one divisor cannot serve all of them"};
}

}  // namespace dbn::detail
