#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "case_writers.hpp"

namespace dbn::detail {
namespace {

using Text = std::back_insert_iterator<fmt::memory_buffer>;

/// A case without any label still needs one, which is 0.
void append_label(const CaseRows& rows, Index c, Text out) {
  if (rows.labelled) {
    fmt::format_to(out, "{}", rows.classes[static_cast<std::size_t>(rows.label(c))]);
  } else if (rows.targets) {
    for (Index t = 0; t < rows.dataset.targets.rows(); ++t)
      fmt::format_to(out, "{}{}", t == 0 ? "" : ",", rows.dataset.targets(t, c));
  } else {
    fmt::format_to(out, "0");
  }
}

bool is_nothing(Scalar value) { return value == 0 && !std::signbit(value); }

void append_features(const ConstVectorRef& features, bool with_last, Text out) {
  const Index last = features.size() - 1;
  for (Index f = 0; f <= last; ++f)
    if (!is_nothing(features[f]) || (with_last && f == last)) fmt::format_to(out, " {}:{}", f + 1, features[f]);
}

}  // namespace

bool libsvm_holds_classes(const std::vector<std::string>& names) {
  return all_integers(names, -kMostExact, kMostExact);
}

// The first case names the last feature even where it is 0: that is how a reader knows how many there are.
void write_libsvm(const CaseRows& rows, ByteSink sink) {
  fmt::memory_buffer text;
  bool first = true;
  for_each_block(rows, [&](std::span<const Index> cases, const ConstMatrixRef& features) {
    text.clear();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      append_label(rows, cases[i], Text(text));
      append_features(features.col(static_cast<Index>(i)), first, Text(text));
      text.push_back('\n');
      first = false;
    }
    sink(bytes_of(text.data(), static_cast<Index>(text.size())));
  });
}

}  // namespace dbn::detail
