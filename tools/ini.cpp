#include "ini.hpp"

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i)
    if ((line[i] == '#' || line[i] == ';') && (i == 0 || kSpace.find(line[i - 1]) != std::string_view::npos))
      return line.substr(0, i);
  return line;
}

}  // namespace

std::vector<IniEntry> parse_ini(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<IniEntry> entries;
  std::string section;
  for (int line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    const std::string_view content = trim(without_comment(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (content.empty()) continue;
    if (content.front() == '[' && content.back() == ']') {
      section = trim(content.substr(1, content.size() - 2));
      continue;
    }
    const auto equals = content.find('=');
    if (equals == std::string_view::npos || trim(content.substr(0, equals)).empty())
      throw dbn::DataError(fmt::format("{}:{}: expected [section] or key = value, found '{}'", name, line, content));
    entries.push_back(
        {section, std::string(trim(content.substr(0, equals))), std::string(trim(content.substr(equals + 1))), line});
  }
  return entries;
}
