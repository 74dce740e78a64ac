#include "log_chart.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace {

constexpr std::size_t kWidth = 60;
constexpr std::size_t kHeight = 16;

/// Logarithms to base ten.
struct Range {
  double low = std::numeric_limits<double>::max();
  double high = -std::numeric_limits<double>::max();

  bool empty() const { return low > high; }
  std::size_t row(double logarithm) const {
    return static_cast<std::size_t>(std::lround((high - logarithm) / (high - low) * (kHeight - 1)));
  }
  double at(std::size_t row) const {
    return high - (high - low) * static_cast<double>(row) / static_cast<double>(kHeight - 1);
  }
};

bool drawable(double value) { return std::isfinite(value) && value > 0; }

Range range_of(const std::vector<dbn::RecipeCurve>& curves) {
  Range range;
  for (const auto& curve : curves)
    for (const double value : curve.values)
      if (drawable(value)) {
        range.low = std::min(range.low, std::log10(value));
        range.high = std::max(range.high, std::log10(value));
      }
  if (range.low == range.high) range.low -= 1;
  return range;
}

char letter(std::size_t curve) { return static_cast<char>('a' + curve % 26); }

void draw(std::vector<std::string>& picture, const Range& range, const dbn::RecipeCurve& curve, char mark) {
  for (std::size_t x = 0; x < kWidth; ++x) {
    const std::size_t i = curve.values.size() < 2 ? 0 : x * (curve.values.size() - 1) / (kWidth - 1);
    if (i < curve.values.size() && drawable(curve.values[i])) picture[range.row(std::log10(curve.values[i]))][x] = mark;
  }
}

}  // namespace

std::string log_chart(const dbn::RecipeChart& chart) {
  const auto& curves = chart.curves;
  const Range range = range_of(curves);
  if (range.empty()) return "";
  std::vector<std::string> picture(kHeight, std::string(kWidth, ' '));
  std::size_t longest = 0;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    draw(picture, range, curves[i], letter(i));
    longest = std::max(longest, curves[i].values.size());
  }
  std::string text = chart.title + ", logarithmic scale\n";
  constexpr std::size_t kLabelled = 5;  // every so many rows have their value beside them
  for (std::size_t row = 0; row < kHeight; ++row)
    text += fmt::format("{:>9} |{}\n", row % kLabelled == 0 ? fmt::format("{:.4g}", std::pow(10, range.at(row))) : "",
                        picture[row].substr(0, picture[row].find_last_not_of(' ') + 1));
  text += fmt::format("{:>9} +{:-<{}}\n{:>11}1{:>{}}\n", "", "", kWidth, "", longest, kWidth - 1);
  for (std::size_t i = 0; i < curves.size(); ++i) text += fmt::format("{:>11}{} {}\n", "", letter(i), curves[i].name);
  return text;
}
