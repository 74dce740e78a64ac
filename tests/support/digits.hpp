#pragma once
// Embedded digits as cases to train on.

#include <memory>

#include <dbn/data/case_source.hpp>
#include <dbn/data/synthetic.hpp>

namespace dbn::test {

/// `count` digits of the part (synthetic_training or synthetic_test), scaled to [0, 1].
inline PreparedCases digits(Purpose part, Index count) {
  auto dataset = std::make_shared<const Dataset>(synthetic_dataset("digits").make(Stream(0, part), count));
  const auto all = all_cases(count);
  return {dataset, all, fit_preprocessing("auto", *dataset, all)};
}

}  // namespace dbn::test
