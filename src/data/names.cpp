#include "names.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "csv_tokens.hpp"

namespace dbn::detail {

std::optional<std::int64_t> integer_in(const std::string& text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::vector<std::string> in_order(const std::set<std::string, std::less<>>& names) {
  std::vector<std::string> ordered(names.begin(), names.end());
  // Stable, so that texts of equal value (7 and 07) keep their alphabetic order.
  if (std::all_of(ordered.begin(), ordered.end(), integer_in))
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto& a, const auto& b) { return *integer_in(a) < *integer_in(b); });
  return ordered;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::ptrdiff_t most = 20;
  const auto count = std::min(most, std::ssize(names));
  std::string text;
  for (std::ptrdiff_t i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + shown(names[static_cast<std::size_t>(i)]);
  return text + (count < std::ssize(names) ? ", ..." : "");
}

}  // namespace dbn::detail
