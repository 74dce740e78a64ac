#include "number_table.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "case_map.hpp"
#include "output_files.hpp"

using namespace dbn;

namespace {

std::variant<NpyWriter, TextOutput> open_target(const std::string& path, const std::string& header, Index units,
                                                Index cases) {
  if (asks_for(OutputFormat::npy, path)) return NpyWriter(path, units, cases);
  TextOutput text(path);
  text.append(header + "\n");
  return text;
}

void add_row(const ConstVectorRef& numbers, const std::string& end, std::string& text) {
  for (Index i = 0; i < numbers.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{}{}", i == 0 ? "" : ",", numbers[i]);
  text += end;
  text += '\n';
}

}  // namespace

std::string numbered_columns(std::string_view letter, Index count) {
  std::string text;
  for (Index i = 1; i <= count; ++i) fmt::format_to(std::back_inserter(text), "{}{}{}", i == 1 ? "" : ",", letter, i);
  return text;
}

NumberTable::NumberTable(const std::string& path, const std::string& header, Index units, Index cases)
    : target_(open_target(path, header, units, cases)) {}

void NumberTable::append(const ConstMatrixRef& numbers) {
  append(numbers, [](Index) { return std::string(); });
}

void NumberTable::append(const ConstMatrixRef& numbers, FunctionRef<std::string(Index)> row_end) {
  if (auto* npy = std::get_if<NpyWriter>(&target_)) return npy->append(numbers);
  std::string text;
  for (Index c = 0; c < numbers.cols(); ++c) add_row(numbers.col(c), row_end(c), text);
  std::get<TextOutput>(target_).append(text);
}

void NumberTable::commit() {
  std::visit([](auto& target) { target.commit(); }, target_);
}

double table_memory(const std::string& path, Index columns, Index cases) {
  if (asks_for(OutputFormat::npy, path)) return 0;
  constexpr double kDigits = sizeof(Scalar) == sizeof(float) ? 15 : 25;  // at most, of a number and the comma
  constexpr double kGrowth = 2;  // of a text that is copied to where there is more room
  return kGrowth * kDigits * static_cast<double>(columns) * static_cast<double>(std::min(cases, kCaseBatch));
}
