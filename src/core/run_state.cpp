#include <dbn/core/run_state.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

namespace dbn {

SavedRun::SavedRun(const RunState& state) : position(state.position), numbers(state.numbers) {
  for (const auto& tensor : state.tensors) tensors.emplace(tensor.name, tensor.values);
}

void SavedRun::copy_into(const TensorList& targets) const {
  for (const auto& target : targets) {
    const auto at = tensors.find(target.name);
    if (at == tensors.end()) throw DataError(fmt::format("saved run: expected a tensor '{}', found none", target.name));
    const Matrix& saved = at->second;
    Eigen::Map<Matrix> values = target.values;
    if (saved.rows() != values.rows() || saved.cols() != values.cols())
      throw DataError(fmt::format("saved run: tensor '{}': expected {} x {}, found {} x {}", target.name, values.rows(),
                                  values.cols(), saved.rows(), saved.cols()));
    values = saved;
  }
}

const std::vector<double>& SavedRun::list(const std::string& name, std::size_t count) const {
  const auto at = numbers.find(name);
  if (at == numbers.end()) throw DataError(fmt::format("saved run: expected numbers '{}', found none", name));
  if (count != 0 && at->second.size() != count)
    throw DataError(fmt::format("saved run: '{}': expected {} numbers, found {}", name, count, at->second.size()));
  return at->second;
}

Index SavedRun::count(const std::string& name, std::size_t index, std::size_t length) const {
  constexpr double kMost = 9007199254740992.0;  // 2^53: whole numbers up to it are exact
  const double value = list(name, length)[index];
  if (!(value >= 0 && value <= kMost) || value != std::floor(value))
    throw DataError(fmt::format("saved run: '{}': expected a count, found {}", name, value));
  return static_cast<Index>(value);
}

void append_optional(std::vector<double>& list, const std::optional<double>& value) {
  list.push_back(value ? 1 : 0);
  list.push_back(value.value_or(0));
}

std::optional<double> optional_at(const std::vector<double>& list, std::size_t index) {
  return list.at(index) != 0 ? std::optional(list.at(index + 1)) : std::nullopt;
}

TensorList with_prefix(const std::string& prefix, TensorList tensors) {
  for (auto& tensor : tensors) tensor.name = prefix + tensor.name;
  return tensors;
}

bool all_finite(const RunState& state) {
  return std::all_of(state.tensors.begin(), state.tensors.end(), [](const auto& t) { return all_finite(t.values); }) &&
         std::all_of(state.numbers.begin(), state.numbers.end(), [](const auto& entry) {
           return std::all_of(entry.second.begin(), entry.second.end(), [](double x) { return std::isfinite(x); });
         });
}

}  // namespace dbn
