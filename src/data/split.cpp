#include <dbn/data/split.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>
#include <dbn/core/random.hpp>

namespace dbn {
namespace {

Index held_out_count(const std::string& amount, Index cases) {
  const double value = parse_number(amount, "--validation");
  const bool whole = value == std::floor(value);
  if (value < 0 || (!whole && value >= 1))
    throw InvalidArgument(fmt::format("--validation: expected a count, or a fraction below 1, found '{}'", amount));
  const double count = whole ? value : std::round(value * static_cast<double>(cases));
  if (count > 0 && count >= static_cast<double>(cases))
    throw InvalidArgument(
        fmt::format("--validation: {} leaves nothing to train on: there are {} cases", amount, cases));
  return static_cast<Index>(count);
}

}  // namespace

Split split_validation(const Dataset& dataset, const std::string& amount, std::uint64_t seed) {
  const Index cases = dataset.case_count();
  const auto held_out = static_cast<std::ptrdiff_t>(held_out_count(amount, cases));
  const auto order = permutation(Stream(seed, Purpose::validation_split), 0, cases);
  Split split{{order.begin() + held_out, order.end()}, {order.begin(), order.begin() + held_out}};
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

std::vector<Index> labelled_cases(const Dataset& dataset, const std::vector<Index>& cases) {
  if (dataset.has_targets()) return cases;
  std::vector<Index> labelled;
  if (!dataset.labelled()) return labelled;
  for (const Index i : cases)
    if (dataset.labels[static_cast<std::size_t>(i)] != kUnlabelled) labelled.push_back(i);
  return labelled;
}

std::vector<Index> choose_labels(const Dataset& dataset, const std::vector<Index>& cases, Index count,
                                 std::uint64_t seed) {
  const auto labelled = labelled_cases(dataset, cases);
  if (count > static_cast<Index>(labelled.size()))
    throw InvalidArgument(fmt::format("--labels: expected at most {}, the labelled training cases of {}, found {}",
                                      labelled.size(), dataset.name, count));
  const auto order = permutation(Stream(seed, Purpose::label_choice), 0, static_cast<Index>(labelled.size()));
  // Targets have no classes to balance.
  std::vector<std::vector<Index>> by_class(std::max<std::size_t>(dataset.classes.size(), 1));
  for (const Index i : order) {
    const Index member = labelled[static_cast<std::size_t>(i)];
    const int label = dataset.has_targets() ? 0 : dataset.labels[static_cast<std::size_t>(member)];
    by_class[static_cast<std::size_t>(label)].push_back(member);
  }
  // One of each class a round, until there are enough: any prefix is balanced.
  std::vector<Index> chosen;
  for (std::size_t round = 0; static_cast<Index>(chosen.size()) < count; ++round)
    for (const auto& members : by_class)
      if (round < members.size() && static_cast<Index>(chosen.size()) < count) chosen.push_back(members[round]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace dbn
