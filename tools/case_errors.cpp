#include "case_errors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>
#include <dbn/io/npy.hpp>

#include "label_columns.hpp"
#include "text_table.hpp"

using namespace dbn;

namespace {

double badness(double error) { return std::isnan(error) ? std::numeric_limits<double>::infinity() : error; }

}  // namespace

OptionFields CaseErrorOptions::fields() {
  return {
      {.name = "errors",
       .value = &path,
       .help = "file of the squared error of every case: .csv has the columns case, counted from 0, squared_error and, "
               "where the data have labels, label; .npy holds the errors alone, a row each",
       .unset = "none"},
      {.name = "worst",
       .value = &worst,
       .help = "name the N cases with the largest errors, the worst first (0: none)",
       .range = {0, 1e9}},
  };
}

void add_errors(const Matrix& data, const Matrix& back, CaseErrors& errors) {
  for (Index c = 0; c < data.cols(); ++c)
    errors.push_back((back.col(c).cast<double>() - data.col(c).cast<double>()).squaredNorm());
}

double mean_error(const CaseErrors& errors) {
  return std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
}

std::vector<Index> worst_cases(const CaseErrors& errors, Index count) {
  std::vector<Index> order = all_cases(std::ssize(errors));
  const auto end = order.begin() + std::min(count, std::ssize(errors));
  std::partial_sort(order.begin(), end, order.end(), [&](Index a, Index b) {
    const double of_a = badness(errors[static_cast<std::size_t>(a)]);
    const double of_b = badness(errors[static_cast<std::size_t>(b)]);
    return of_a > of_b || (of_a == of_b && a < b);
  });
  order.erase(end, order.end());
  return order;
}

void write_errors(const std::string& path, const CaseErrors& errors, const PreparedCases& cases) {
  if (asks_for(OutputFormat::npy, path)) {
    const Eigen::Map<const Eigen::RowVectorXd> row(errors.data(), std::ssize(errors));
    return write_npy(path, Matrix(row.cast<Scalar>()));
  }
  std::string text = fmt::format("case,squared_error{}\n", label_header(cases));
  for (std::size_t i = 0; i < errors.size(); ++i)
    text += fmt::format("{},{}{}\n", i, errors[i], label_fields(cases, static_cast<Index>(i)));
  write_file(path, text);
}

std::string worst_text(const CaseErrors& errors, Index count) {
  if (count == 0) return "";
  std::vector<std::vector<std::string>> rows{{"case", "squared error"}};
  for (const Index i : worst_cases(errors, count))
    rows.push_back({std::to_string(i), fmt::format("{:.4f}", errors[static_cast<std::size_t>(i)])});
  return "\n" + text_table(rows);
}

nlohmann::json worst_json(const CaseErrors& errors, Index count) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Index i : worst_cases(errors, count))
    rows.push_back({{"case", i}, {"squared_error", errors[static_cast<std::size_t>(i)]}});
  return rows;
}

double error_memory(const CaseErrorOptions& options, Index cases) {
  constexpr double kLine = 64;   // case, error, label
  constexpr double kGrowth = 2;  // of a text that is copied to where there is more room
  const double bytes = sizeof(double) + sizeof(Index) + (options.path.empty() ? 0 : kGrowth * kLine);
  return bytes * static_cast<double>(cases);
}
