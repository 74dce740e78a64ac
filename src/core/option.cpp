#include <dbn/core/option.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang 14 does not deduce this by itself

bool unbounded(double bound) { return std::abs(bound) == std::numeric_limits<double>::max(); }

std::string range_text(const OptionRange& range) {
  std::string text;
  if (!unbounded(range.least)) text = fmt::format("{} {}", range.above_least ? " above" : " from", range.least);
  if (!unbounded(range.most)) text += fmt::format(" {} {}", text.empty() ? "up to" : "to", range.most);
  return text;
}

[[noreturn]] void refuse(const OptionField& field, std::string_view found) {
  throw InvalidArgument(fmt::format("--{}: expected {}, found '{}'", field.name, option_domain(field), found));
}

void check_number(const OptionField& field, double value) {
  const auto& range = field.range;
  const bool above = range.above_least ? value > range.least : value >= range.least;
  if (!std::isfinite(value) || !above || value > range.most) refuse(field, fmt::format("{}", value));
}

void check_text(const OptionField& field, const std::string& text) {
  if (field.choices.empty() || (text.empty() && !field.unset.empty())) return;
  if (std::find(field.choices.begin(), field.choices.end(), text) == field.choices.end()) refuse(field, text);
}

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

template <typename Number>
Number parse_field(const OptionField& field, std::string_view text) {
  Number number{};
  if (!parse_whole(text, number)) refuse(field, text);
  check_number(field, static_cast<double>(number));
  return number;
}

bool parse_flag(const OptionField& field, std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  refuse(field, text);
}

template <typename T>
std::string join(const std::vector<T>& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

}  // namespace

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

double parse_number(std::string_view text, std::string_view what) {
  double number = 0;
  if (!parse_whole(text, number) || !std::isfinite(number))
    throw InvalidArgument(fmt::format("{}: expected a number, found '{}'", what, text));
  return number;
}

Index parse_integer(std::string_view text, std::string_view what) {
  Index number = 0;
  if (!parse_whole(text, number)) throw InvalidArgument(fmt::format("{}: expected an integer, found '{}'", what, text));
  return number;
}

void set_option(const OptionField& field, std::string_view text) {
  const auto set_list = [&](auto& list, auto&& parse) {
    std::remove_reference_t<decltype(list)> parsed;
    if (!text.empty() || field.unset.empty())
      for (const auto& part : split_list(text)) parsed.push_back(parse(part));
    list = std::move(parsed);
  };
  std::visit(Overloaded{
                 [&](bool* value) { *value = parse_flag(field, text); },
                 [&](Index* value) { *value = parse_field<Index>(field, text); },
                 [&](double* value) { *value = parse_field<double>(field, text); },
                 [&]<typename T>(std::optional<T>* value) {
                   *value = text.empty() ? std::nullopt : std::optional(parse_field<T>(field, text));
                 },
                 [&](std::string* value) {
                   check_text(field, std::string(text));
                   *value = text;
                 },
                 [&](std::vector<Index>* list) {
                   set_list(*list, [&](std::string_view part) { return parse_field<Index>(field, part); });
                 },
                 [&](std::vector<double>* list) {
                   set_list(*list, [&](std::string_view part) { return parse_field<double>(field, part); });
                 },
                 [&](std::vector<std::string>* list) {
                   set_list(*list, [&](const std::string& part) {
                     check_text(field, part);
                     return part;
                   });
                 },
             },
             field.value);
}

std::string option_text(const OptionField& field) {
  return std::visit(
      Overloaded{
          [](const bool* value) -> std::string { return *value ? "true" : "false"; },
          [](const Index* value) { return fmt::format("{}", *value); },
          [](const double* value) { return fmt::format("{}", *value); },
          []<typename T>(const std::optional<T>* value) { return *value ? fmt::format("{}", **value) : ""; },
          [](const std::string* value) { return *value; },
          [](const auto* list) { return join(*list); },
      },
      field.value);
}

std::string option_domain(const OptionField& field) {
  if (!field.choices.empty()) return fmt::format("one of {}", fmt::join(field.choices, ", "));
  const std::string bounds = range_text(field.range);
  return std::visit(Overloaded{
                        [](const bool*) -> std::string { return "true or false"; },
                        [&](const Index*) { return "an integer" + bounds; },
                        [&](const double*) { return "a number" + bounds; },
                        [&](const std::optional<Index>*) { return "an integer" + bounds; },
                        [&](const std::optional<double>*) { return "a number" + bounds; },
                        [](const std::string*) -> std::string { return "a text"; },
                        [](const std::vector<std::string>*) -> std::string { return "a comma-separated list"; },
                        [&](const std::vector<Index>*) { return "integers" + bounds + ", comma-separated"; },
                        [&](const std::vector<double>*) { return "numbers" + bounds + ", comma-separated"; },
                    },
                    field.value);
}

void check_options(const OptionFields& fields) {
  for (const auto& field : fields)
    std::visit(Overloaded{
                   [](const bool*) {},
                   [&](const Index* value) { check_number(field, static_cast<double>(*value)); },
                   [&](const double* value) { check_number(field, *value); },
                   [&]<typename T>(const std::optional<T>* value) {
                     if (*value) check_number(field, static_cast<double>(**value));
                   },
                   [&](const std::string* text) { check_text(field, *text); },
                   [&](const std::vector<Index>* list) {
                     for (const Index value : *list) check_number(field, static_cast<double>(value));
                   },
                   [&](const std::vector<double>* list) {
                     for (const double value : *list) check_number(field, value);
                   },
                   [&](const std::vector<std::string>* list) {
                     for (const auto& text : *list) check_text(field, text);
                   },
               },
               field.value);
}

template <typename T>
const T& per_layer(const std::vector<T>& list, std::size_t layer, std::size_t layers, std::string_view option) {
  if (list.size() == 1) return list.front();
  if (list.size() != layers)
    throw InvalidArgument(
        fmt::format("--{}: expected one value, or one for each of {} layers, found {}", option, layers, list.size()));
  return list[layer];
}

template const Index& per_layer(const std::vector<Index>&, std::size_t, std::size_t, std::string_view);
template const double& per_layer(const std::vector<double>&, std::size_t, std::size_t, std::string_view);
template const std::string& per_layer(const std::vector<std::string>&, std::size_t, std::size_t, std::string_view);

}  // namespace dbn
