#include <dbn/data/csv_writer.hpp>

#include <iterator>

#include <fmt/format.h>

namespace dbn {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",;\t\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string to_csv(const Dataset& dataset) {
  std::string text;
  auto out = std::back_inserter(text);
  for (Index f = 0; f < dataset.feature_count(); ++f) fmt::format_to(out, "{}x{}", f == 0 ? "" : ",", f + 1);
  text += dataset.labelled() ? ",label\n" : "\n";
  for (Index c = 0; c < dataset.case_count(); ++c) {
    std::visit(
        [&](const auto& features) {
          for (Index f = 0; f < features.rows(); ++f) fmt::format_to(out, "{}{}", f == 0 ? "" : ",", features(f, c));
        },
        dataset.features);
    if (dataset.labelled()) {
      const int label = dataset.labels[static_cast<std::size_t>(c)];
      text += "," + (label == kUnlabelled ? "" : csv_field(dataset.classes[static_cast<std::size_t>(label)]));
    }
    text += '\n';
  }
  return text;
}

}  // namespace dbn
