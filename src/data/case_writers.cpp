#include "case_writers.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <dbn/data/case_source.hpp>

namespace dbn::detail {
namespace {

std::int64_t integer_of(const std::string& name) {
  std::int64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

}  // namespace

std::vector<std::int64_t> CaseRows::label_numbers() const {
  std::vector<std::int64_t> numbers;
  numbers.reserve(cases.size());
  for (const Index c : cases) numbers.push_back(integer_of(classes[static_cast<std::size_t>(label(c))]));
  return numbers;
}

Matrix CaseRows::target_values() const {
  Matrix values(dataset.targets.rows(), case_count());
  for (Index i = 0; i < case_count(); ++i) values.col(i) = dataset.targets.col(cases[static_cast<std::size_t>(i)]);
  return values;
}

void for_each_block(const CaseRows& rows, FunctionRef<void(std::span<const Index>, const ConstMatrixRef&)> body) {
  constexpr Index kBlockValues = Index{1} << 18;
  const Index features = rows.dataset.feature_count();
  const Index batch = std::clamp<Index>(kBlockValues / features, 1, rows.case_count());
  Matrix block(features, batch);
  for_each_batch(rows.cases, batch, [&](Index, std::span<const Index> cases) {
    const auto count = static_cast<Index>(cases.size());
    rows.dataset.gather_into(cases, block.leftCols(count));
    body(cases, block.leftCols(count));
  });
}

bool all_integers(const std::vector<std::string>& names, std::int64_t least, std::int64_t most) {
  return std::all_of(names.begin(), names.end(), [=](const std::string& name) {
    const std::int64_t number = integer_of(name);
    return number >= least && number <= most && fmt::format("{}", number) == name;
  });
}

}  // namespace dbn::detail
