#pragma once
// Which cases train, which validate, and which may show their labels. All drawn by seed.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn {

/// Training cases and held-out cases, as case numbers of one dataset, each in file order.
struct Split {
  std::vector<Index> training;
  std::vector<Index> validation;
};

/// Holds out `amount` cases: a count ("1000"), or a fraction below 1 ("0.1"); "0" holds out none. Throws
/// InvalidArgument for other texts and when nothing would be left to train on.
Split split_validation(const Dataset& dataset, const std::string& amount, std::uint64_t seed);

/// `count` of the labelled `cases`, the same number of each class (one more or less when it does not divide), drawn by
/// seed; of cases with targets any. Subsets are nested: a larger count holds every smaller one. Throws InvalidArgument
/// when there are too few.
std::vector<Index> choose_labels(const Dataset& dataset, const std::vector<Index>& cases, Index count,
                                 std::uint64_t seed);

/// Those of `cases` that have a label; all of them when they have targets.
std::vector<Index> labelled_cases(const Dataset& dataset, const std::vector<Index>& cases);

}  // namespace dbn
