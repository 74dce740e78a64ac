#include "npy_header.hpp"

#include <charconv>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

namespace dbn::detail {
namespace {

/// What elements of a kind are called that is not read; empty for other kinds.
std::string_view refused_kind(char kind) {
  switch (kind) {
    case 'O':
      return "objects (pickle), which can run code";
    case 'S':
    case 'a':
    case 'U':
      return "text";
    case 'V':
      return "records or raw bytes";
    case 'c':
      return "complex numbers";
    case 'M':
    case 'm':
      return "dates or times";
    default:
      return {};
  }
}

bool is_read(const NpyType& type) {
  switch (type.kind) {
    case 'f':
      return type.size == 4 || type.size == 8;
    case 'i':
    case 'u':
      return type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8;
    case 'b':
      return type.size == 1;
    default:
      return false;
  }
}

}  // namespace

NpyLayout NpyHeader::read() {
  demand("{");
  while (!take("}")) {
    read_item();
    if (take(",")) continue;
    demand("}");
    break;
  }
  if (text_.find_first_not_of(' ', at_) != text_.npos) refuse("nothing but blanks behind the dictionary");
  const char* missing = !type_ ? "descr" : !fortran_order_ ? "fortran_order" : !shape_ ? "shape" : nullptr;
  if (missing != nullptr)
    throw DataError(
        fmt::format("{}: NPY header: expected the keys descr, fortran_order and shape, {} is missing", name_, missing));
  return {.shape = std::move(*shape_), .type = *type_, .fortran_order = *fortran_order_};
}

void NpyHeader::read_item() {
  skip_blanks();
  const std::size_t begin = at_;
  const std::string_view key = take_string("one of the keys 'descr', 'fortran_order' and 'shape'");
  const bool again =
      (key == "descr" && type_) || (key == "fortran_order" && fortran_order_) || (key == "shape" && shape_);
  if (again || (key != "descr" && key != "fortran_order" && key != "shape")) {
    at_ = begin;
    refuse(again ? "each key once" : "one of the keys 'descr', 'fortran_order' and 'shape'");
  }
  demand(":");
  if (key == "descr")
    type_ = read_type();
  else if (key == "fortran_order")
    fortran_order_ = read_order();
  else
    shape_ = read_shape();
}

NpyType NpyHeader::read_type() {
  if (take("[")) refuse_type("records");
  const std::string_view text = take_string("a type such as '<f4'");
  const bool has_order = !text.empty() && std::string_view("<>=|").find(text[0]) != text.npos;
  const std::string_view name = text.substr(has_order ? 1 : 0);
  if (!name.empty())
    if (const std::string_view kind = refused_kind(name[0]); !kind.empty())
      refuse_type(name[0] == 'O' ? std::string(kind) : fmt::format("{} ({})", kind, quote_for_message(text)));
  NpyType type{.kind = name.empty() ? ' ' : name[0], .size = 0, .big_endian = text.starts_with('>')};
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + (name.empty() ? 0 : 1), end, type.size);
  const bool order_matters = error == std::errc{} && type.size > 1;
  if (!has_order || error != std::errc{} || stop != end || !is_read(type) || (order_matters && text[0] == '|'))
    refuse_type(fmt::format("the type {}", quote_for_message(text)));
  return type;
}

bool NpyHeader::read_order() {
  if (take("True")) return true;
  if (!take("False")) refuse("True or False");
  return false;
}

std::vector<Index> NpyHeader::read_shape() {
  constexpr std::size_t kMostDimensions = 32;  // as in NumPy; keeps messages short
  demand("(");
  std::vector<Index> shape;
  bool comma = true;
  while (!take(")")) {
    if (!comma) refuse("a comma or a closing parenthesis");
    if (shape.size() == kMostDimensions) refuse(fmt::format("at most {} dimensions", kMostDimensions));
    shape.push_back(read_extent());
    comma = take(",");
  }
  if (shape.size() == 1 && !comma) refuse("a comma in a shape of one dimension, as in (3,)");
  return shape;
}

Index NpyHeader::read_extent() {
  skip_blanks();
  const char* const begin = text_.data() + at_;
  Index extent = 0;
  const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), extent);
  const bool padded = error == std::errc{} && stop - begin > 1 && *begin == '0';
  if (error != std::errc{} || extent < 0 || padded) refuse("a dimension: digits, less than 2^63");
  at_ += static_cast<std::size_t>(stop - begin);
  return extent;
}

void NpyHeader::skip_blanks() {
  while (at_ < text_.size() && text_[at_] == ' ') ++at_;
}

bool NpyHeader::take(std::string_view token) {
  skip_blanks();
  if (!text_.substr(at_).starts_with(token)) return false;
  at_ += token.size();
  return true;
}

void NpyHeader::demand(std::string_view token) {
  if (!take(token)) refuse(fmt::format("'{}'", token));
}

std::string_view NpyHeader::take_string(std::string_view what) {
  skip_blanks();
  const char quote = at_ < text_.size() ? text_[at_] : ' ';
  const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : text_.npos;
  if (end == text_.npos) refuse(what);
  const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end + 1;
  return inside;
}

void NpyHeader::refuse(std::string_view expected) const {
  constexpr std::size_t kShown = 24;
  const std::string_view rest = text_.substr(at_, kShown);
  throw DataError(fmt::format("{}: NPY header, byte {}: expected {}, found {}", name_, offset_ + at_, expected,
                              rest.empty() ? "its end" : quote_for_message(rest)));
}

void NpyHeader::refuse_type(std::string_view type) const {
  throw DataError(
      fmt::format("{}: expected numbers (f4, f8, i1 to i8, u1 to u8, b1), found {}; save with np.save(..., "
                  "x.astype(np.float32))",
                  name_, type));
}

}  // namespace dbn::detail
