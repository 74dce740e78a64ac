#include "label_columns.hpp"

#include <fmt/format.h>

#include <dbn/data/csv_writer.hpp>

using namespace dbn;

std::string label_header(const PreparedCases& cases) {
  if (cases.dataset().labelled()) return ",label";
  std::string text;
  for (const auto& name : cases.dataset().target_names) text += "," + csv_field(name);
  return text;
}

std::string label_fields(const PreparedCases& cases, Index i) {
  const Dataset& dataset = cases.dataset();
  if (dataset.labelled()) {
    const int label = cases.label(i);
    return "," + (label == kUnlabelled ? "" : csv_field(dataset.classes[static_cast<std::size_t>(label)]));
  }
  std::string text;
  const Index member = cases.members()[static_cast<std::size_t>(i)];
  for (Index t = 0; t < cases.target_count(); ++t) text += fmt::format(",{}", dataset.targets(t, member));
  return text;
}
