#include "text_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace {

// A character of UTF-8 has one byte that is no continuation.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] + 2 - width_of(row[i]), ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string estimate_text(const dbn::MeanEstimate& estimate) {
  if (!estimate.interval) return fmt::format("{:.4g}", estimate.mean);
  const double half = ((*estimate.interval)[1] - (*estimate.interval)[0]) / 2;
  if (!(half > 0)) return fmt::format("{:.4g} ± 0", estimate.mean);
  const int digits = std::clamp(1 - static_cast<int>(std::floor(std::log10(half))), 0, 12);
  const std::string mean = fmt::format("{:.{}f}", estimate.mean, digits);
  const bool zero = mean.find_first_of("123456789") == std::string::npos;  // however it was rounded to it
  return fmt::format("{} ± {:.{}f}", zero && mean.front() == '-' ? mean.substr(1) : mean, half, digits);
}
