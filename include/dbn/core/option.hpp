#pragma once
// Options as users see them: each options struct lists its fields once, with name, range and help, and from that list
// come the command line, the INI files, the help text and the checks. They cannot disagree.

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// Where a field's value lives. Lists are comma-separated in text.
using OptionValue = std::variant<bool*, Index*, double*, std::optional<Index>*, std::optional<double>*, std::string*,
                                 std::vector<Index>*, std::vector<double>*, std::vector<std::string>*>;

/// What numbers a field takes: [least, most], or (least, most] when `above_least`. Ignored for text.
struct OptionRange {
  double least = -std::numeric_limits<double>::max();
  double most = std::numeric_limits<double>::max();
  bool above_least = false;
};

/// One field of an options struct.
struct OptionField {
  std::string name;  ///< long option name, without dashes
  OptionValue value;
  std::string help;  ///< what it does, with the source of the default
  OptionRange range = {};
  std::vector<std::string> choices = {};  ///< what a text may be; empty means anything
  std::string unset = {};                 ///< what an empty text, list or optional means, shown as the default
};
using OptionFields = std::vector<OptionField>;

/// Sets a field from text. Numbers are strict: whole text, finite, in range; `-1` is not a count. Throws
/// InvalidArgument that names the field, what it takes and what was found.
void set_option(const OptionField& field, std::string_view text);

/// The field's value as the text that would set it.
std::string option_text(const OptionField& field);

/// What the field takes, in words: "integer from 1 to 4096", "one of cd, pcd".
std::string option_domain(const OptionField& field);

/// Checks each field against its range and choices; InvalidArgument names the first bad one.
void check_options(const OptionFields& fields);

/// The value for one layer of a per-layer list: one value serves all layers. Throws InvalidArgument, naming the option,
/// when the list has neither one value nor one for each of `layers`.
template <typename T>
const T& per_layer(const std::vector<T>& list, std::size_t layer, std::size_t layers, std::string_view option);

extern template const Index& per_layer(const std::vector<Index>&, std::size_t, std::size_t, std::string_view);
extern template const double& per_layer(const std::vector<double>&, std::size_t, std::size_t, std::string_view);
extern template const std::string& per_layer(const std::vector<std::string>&, std::size_t, std::size_t,
                                             std::string_view);

/// The texts between commas.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

/// A finite number that takes up the whole text; InvalidArgument names `what` otherwise.
double parse_number(std::string_view text, std::string_view what);
/// An integer that takes up the whole text; InvalidArgument names `what` otherwise.
Index parse_integer(std::string_view text, std::string_view what);

}  // namespace dbn
