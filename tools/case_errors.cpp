#include "case_errors.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "case_map.hpp"
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
       .help = "file of the squared error of every case, of scaled features: .csv has the columns case, counted from "
               "0, squared_error and, "
               "where the data have labels, label; .npy holds the errors alone, a row each",
       .unset = "none"},
      {.name = "worst",
       .value = &worst,
       .help = "name the N cases with the largest errors, the worst first (0: none)",
       .range = {0, 1e9}},
  };
}

bool Worse::operator()(const CaseError& a, const CaseError& b) const {
  const double of_a = badness(a.error), of_b = badness(b.error);
  return of_a > of_b || (of_a == of_b && a.number < b.number);
}

CaseErrors::CaseErrors(const CaseErrorOptions& options, const PreparedCases& cases)
    : cases_(cases), most_(options.worst) {
  if (options.path.empty()) return;
  if (asks_for(OutputFormat::npy, options.path)) {
    npy_.emplace(options.path, 1, cases.case_count());
    return;
  }
  csv_.emplace(options.path);
  csv_->append(fmt::format("case,squared_error{}\n", label_header(cases)));
}

void CaseErrors::add(const Matrix& data, const Matrix& back) {
  Eigen::VectorXd errors(data.cols());
  for (Index c = 0; c < data.cols(); ++c) {
    errors[c] = (back.col(c).cast<double>() - data.col(c).cast<double>()).squaredNorm();
    sum_ += errors[c];
    keep({.number = count_ + c, .error = errors[c]});
  }
  write(count_, errors);
  count_ += data.cols();
}

void CaseErrors::keep(const CaseError& one) {
  worst_.insert(one);
  if (std::ssize(worst_) > most_) worst_.erase(std::prev(worst_.end()));
}

void CaseErrors::write(Index first, const Eigen::VectorXd& errors) {
  if (npy_) npy_->append(Matrix(errors.transpose().cast<Scalar>()));
  if (!csv_) return;
  std::string text;
  for (Index c = 0; c < errors.size(); ++c)
    text += fmt::format("{},{}{}\n", first + c, errors[c], label_fields(cases_, first + c));
  csv_->append(text);
}

void CaseErrors::commit() {
  if (npy_) npy_->commit();
  if (csv_) csv_->commit();
}

std::string CaseErrors::worst_text() const {
  if (worst_.empty()) return "";
  std::vector<std::vector<std::string>> rows{{"case", "squared error"}};
  for (const auto& [number, error] : worst_) rows.push_back({std::to_string(number), fmt::format("{:.4f}", error)});
  return "\n" + text_table(rows);
}

nlohmann::json CaseErrors::worst_json() const {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [number, error] : worst_) rows.push_back({{"case", number}, {"squared_error", error}});
  return rows;
}

double error_memory(const CaseErrorOptions& options, Index cases) {
  constexpr double kKept = 64;   // one of the worst, in a tree
  constexpr double kLine = 64;   // case, error, label
  constexpr double kGrowth = 2;  // of a text that is copied to where there is more room
  const double lines = options.path.empty() ? 0 : static_cast<double>(std::min(cases, kCaseBatch));
  return kKept * static_cast<double>(std::min(options.worst, cases)) + kGrowth * kLine * lines;
}
