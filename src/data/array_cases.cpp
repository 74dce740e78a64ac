#include "array_cases.hpp"

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn::detail {
namespace {

/// The elements (elements of a case x cases).
template <typename Table>
Table table_of(const NpyArray& array) {
  Table table(array.count() / array.shape[0], array.shape[0]);
  copy_elements(array, std::span(table.data(), static_cast<std::size_t>(table.size())));
  return table;
}

/// A dataset of as many cases, all but the features.
Dataset described_cases(const NpyLayout& array, const std::string& name) {
  constexpr std::size_t kMaxRank = 4;
  if (array.shape.size() == 1)
    throw DataError(
        fmt::format("{}: this is a file of labels or targets: one number for each of {} cases; expected cases of two "
                    "or more dimensions. Give it as --label-file",
                    name, array.shape[0]));
  if (array.shape.empty() || array.shape.size() > kMaxRank)
    throw DataError(fmt::format("{}: expected an array of 2 to {} dimensions, cases first, found {}: {}", name,
                                kMaxRank, array.shape.size(), array.shape_text()));
  Dataset dataset;
  dataset.name = name;
  dataset.shape.assign(array.shape.begin() + 1, array.shape.end());
  return dataset;
}

}  // namespace

Dataset array_cases(const NpyArray& array, const std::string& name) {
  Dataset dataset = described_cases(array, name);
  if (array.type.is_byte())
    dataset.features = table_of<Dataset::Bytes>(array);
  else
    dataset.features = table_of<Matrix>(array);
  dataset.check();
  return dataset;
}

Dataset stored_cases(const NpyLayout& layout, const std::shared_ptr<const StoredFile>& file) {
  Dataset dataset = described_cases(layout, file->path());
  const Index cases = layout.shape[0];
  const StoredCases stored(file, layout.begin, layout.type, layout.count() / cases, cases);
  stored.check_truth_values();
  dataset.features = stored;
  dataset.check();
  return dataset;
}

Matrix array_targets(const NpyArray& array, const std::string& name) {
  if (array.shape.empty() || array.shape.size() > 2)
    throw DataError(
        fmt::format("{}: holds {} elements, which are not targets; expected one or two dimensions, cases "
                    "first",
                    name, array.shape_text()));
  return table_of<Matrix>(array);
}

std::vector<std::string> array_labels(const NpyArray& array, const std::string& name) {
  constexpr double kMost = 9007199254740992.0;  // below it doubles hold every integer
  if (array.shape.size() != 1)
    throw DataError(
        fmt::format("{}: holds {} elements, which are not labels; expected one dimension, a label for each case", name,
                    array.shape_text()));
  if (array.type.kind == 'f')
    throw DataError(fmt::format("{}: labels of type {} are real numbers; expected integers, or --task regression", name,
                                array.type.text()));
  std::vector<double> numbers(static_cast<std::size_t>(array.count()));
  copy_elements(array, std::span(numbers));
  std::vector<std::string> labels;
  labels.reserve(numbers.size());
  for (const double number : numbers) {
    if (!(number >= 0 && number < kMost))
      throw DataError(fmt::format("{}: label {} is {}; expected an integer from 0, less than 2^53", name,
                                  labels.size() + 1, number));
    labels.push_back(fmt::format("{}", static_cast<std::int64_t>(number)));
  }
  return labels;
}

}  // namespace dbn::detail
