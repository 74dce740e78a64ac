#include <dbn/data/libsvm_reader.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "csv_tokens.hpp"
#include "libsvm_tokens.hpp"
#include "matrix_room.hpp"

namespace dbn {
namespace {

using detail::LibsvmCursor;
using detail::LibsvmPair;

/// Calls `visit` with a cursor at the start of each case.
template <typename Visit>
void for_each_case(std::string_view text, const std::string& name, Visit visit) {
  detail::LineCursor lines(text);
  for (std::string_view line; lines.next(line);) {
    const std::string_view content = detail::libsvm_content(line);
    if (!content.empty()) visit(LibsvmCursor(name, lines.number(), content));
  }
}

/// What must be known of a file before its features can be allocated.
struct Survey {
  Index cases = 0;
  Index features = 0;  ///< the largest index
  bool bytes = true;   ///< all values are integers from 0 to 255
  std::vector<std::string> labels;
  std::vector<Scalar> targets;  ///< those of a case side by side
};

void read_targets_of(LibsvmCursor& line, std::string_view label, Survey& survey) {
  for (std::size_t begin = 0; begin <= label.size();) {
    const std::size_t end = std::min(label.find(',', begin), label.size());
    survey.targets.push_back(line.number(label.substr(begin, end - begin)));
    begin = end + 1;
  }
  const auto all = std::ssize(survey.targets);
  const Index first = all / survey.cases;
  const Index own = std::count(label.begin(), label.end(), ',') + 1;
  if (first * survey.cases != all || first != own)
    line.refuse(fmt::format("expected as many targets as in the cases before, found {}", own));
}

Survey survey_of(std::string_view text, const std::string& name, const ReadOptions& options) {
  Survey survey;
  for_each_case(text, name, [&](LibsvmCursor line) {
    ++survey.cases;
    const std::string_view label = line.take_label();
    if (options.label_column != "none") {
      if (options.numeric_labels)
        read_targets_of(line, label, survey);
      else
        survey.labels.push_back(line.class_name(label));
    }
    for (LibsvmPair pair; line.next(pair);) {
      survey.features = std::max(survey.features, pair.index);
      // A byte has no -0.
      survey.bytes &= !std::signbit(pair.value) && pair.value <= 255 && pair.value == std::floor(pair.value);
    }
  });
  if (survey.features == 0) throw DataError(fmt::format("{}: expected cases with features, found none", name));
  return survey;
}

/// A few bytes can name an index of two thousand million.
void check_memory(const Survey& survey, std::size_t file_bytes, const std::string& name) {
  detail::check_matrix_room({.cases = survey.cases,
                             .features = survey.features,
                             .element_bytes = survey.bytes ? 1 : sizeof(Scalar),
                             .cause = fmt::format("cases with indices up to {}", survey.features)},
                            file_bytes, name);
}

template <typename Table>
Table filled(std::string_view text, const std::string& name, const Survey& survey) {
  Table table = Table::Zero(survey.features, survey.cases);
  Index c = 0;
  for_each_case(text, name, [&](LibsvmCursor line) {
    line.take_label();
    for (LibsvmPair pair; line.next(pair);) table(pair.index - 1, c) = static_cast<typename Table::Scalar>(pair.value);
    ++c;
  });
  return table;
}

bool is_pair(std::string_view token) {
  const std::size_t colon = token.find(':');
  return colon != 0 && colon != token.npos && token.find_first_not_of("0123456789") == colon;
}

/// Whether a line, without blanks around it, is a label and pairs, as far as its beginning tells.
bool is_case(std::string_view line) {
  constexpr std::size_t kLookedAt = std::size_t{64} << 10;
  const std::size_t label = line.substr(0, kLookedAt).find(' ');
  if (label == line.npos || line.substr(0, label).find(':') != line.npos) return false;
  for (std::size_t at = label; at < std::min(line.size(), kLookedAt);) {
    const std::size_t begin = line.find_first_not_of(' ', at);
    at = std::min(line.find(' ', begin), line.size());
    if (!is_pair(line.substr(begin, at - begin))) return false;
  }
  return true;
}

}  // namespace

bool is_libsvm(std::span<const std::uint8_t> bytes) {
  detail::LineCursor lines({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  std::string_view content;
  for (std::string_view line; content.empty() && lines.next(line);) content = detail::libsvm_content(line);
  return is_case(content) && detail::text_length(bytes) == bytes.size();
}

Dataset read_libsvm(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options) {
  const std::string_view text = detail::csv_text(bytes, name);
  const Survey survey = survey_of(text, name, options);
  check_memory(survey, bytes.size(), name);
  Dataset dataset;
  dataset.name = name;
  dataset.shape = {survey.features};
  dataset.sparse = true;
  if (survey.bytes)
    dataset.features = filled<Dataset::Bytes>(text, name, survey);
  else
    dataset.features = filled<Matrix>(text, name, survey);
  if (!survey.targets.empty())
    set_targets(
        dataset,
        Eigen::Map<const Matrix>(survey.targets.data(), std::ssize(survey.targets) / survey.cases, survey.cases), {});
  else if (!survey.labels.empty())
    set_labels(dataset, survey.labels);
  return dataset;
}

}  // namespace dbn
