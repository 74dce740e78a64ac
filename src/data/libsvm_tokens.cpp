#include "libsvm_tokens.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "csv_tokens.hpp"

namespace dbn::detail {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Without the sign that C's number formats allow and std::from_chars does not.
std::string_view without_plus(std::string_view text) {
  const bool signed_number = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return signed_number ? text.substr(1) : text;
}

}  // namespace

std::string_view libsvm_content(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const std::size_t begin = line.find_first_not_of(kBlanks);
  if (begin == line.npos) return {};
  return line.substr(begin, line.find_last_not_of(kBlanks) + 1 - begin);
}

std::string_view LibsvmCursor::take_token() {
  // By hand: of two characters, the searches of std::string_view ask byte by byte through a call.
  std::size_t begin = 0;
  while (begin < rest_.size() && is_blank(rest_[begin])) ++begin;
  std::size_t end = begin;
  while (end < rest_.size() && !is_blank(rest_[end])) ++end;
  const std::string_view token = rest_.substr(begin, end - begin);
  rest_.remove_prefix(end);
  return token;
}

std::string_view LibsvmCursor::take_label() {
  const std::string_view label = take_token();
  if (label.find(':') != label.npos)
    refuse(
        fmt::format("expected a label before the features, found '{}'; give every case one, if only 0 together "
                    "with --label-column none",
                    shown(label)));
  return label;
}

bool LibsvmCursor::next(LibsvmPair& pair) {
  const std::string_view token = take_token();
  if (token.empty()) return false;
  const std::size_t colon = token.find(':');
  if (colon == token.npos) refuse(fmt::format("expected index:value, found '{}'", shown(token)));
  if (token.substr(0, colon) == "qid")
    refuse(fmt::format("found '{}': groups for ranking cannot be learned here; remove qid", shown(token)));
  pair.index = index_in(token.substr(0, colon));
  if (pair.index <= last_index_)
    refuse(pair.index == last_index_
               ? fmt::format("index {} stands twice", pair.index)
               : fmt::format("index {} follows {}; expected indices that rise", pair.index, last_index_));
  last_index_ = pair.index;
  pair.value = number(token.substr(colon + 1));
  return true;
}

Index LibsvmCursor::index_in(std::string_view text) const {
  constexpr Index kMost = std::numeric_limits<std::int32_t>::max();
  const char* const end = text.data() + text.size();
  Index index = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, index);
  if (error == std::errc::invalid_argument || stop != end || index < 0)
    refuse(fmt::format("expected an index from 1, found '{}'", shown(text)));
  if (error != std::errc{} || index > kMost) refuse(fmt::format("index {}: expected at most {}", shown(text), kMost));
  if (index == 0)
    refuse("index 0: indices count from 1; dump_svmlight_file of scikit-learn writes them with zero_based=False");
  return index;
}

std::string LibsvmCursor::class_name(std::string_view label) const {
  constexpr double kMost = 9007199254740992.0;  // below it doubles hold every integer
  if (label.find(',') != label.npos)
    refuse(fmt::format("label '{}': a case has one class here; lists are numbers for --task regression", shown(label)));
  const std::string_view text = without_plus(label);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size()) {
    if (is_name(label)) return std::string(label);
    refuse(fmt::format("label '{}': class names have at most 256 bytes and no control characters", shown(label)));
  }
  if (error != std::errc{} || !(std::abs(value) < kMost) || value != std::floor(value))
    refuse(fmt::format("label '{}': labels that are numbers must be integers; --task regression takes others",
                       shown(label)));
  return fmt::format("{}", static_cast<std::int64_t>(value));
}

Scalar LibsvmCursor::number(std::string_view text) const {
  const std::string_view plain = without_plus(text);
  const auto value = plain.starts_with('"') ? std::nullopt : field_number(plain);
  if (!value) refuse(fmt::format("expected a finite decimal number such as 0.5, found '{}'", shown(text)));
  return *value;
}

void LibsvmCursor::refuse(std::string_view fault) const {
  throw DataError(fmt::format("{}: line {}: {}", file_, number_, fault));
}

}  // namespace dbn::detail
