#include "csv_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn::detail {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Length of the UTF-8 sequence at the start of `bytes`; 0 when it is none: broken, overlong, a surrogate, or NUL.
std::size_t sequence_length(std::span<const std::uint8_t> bytes) {
  const std::uint8_t lead = bytes[0];
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC0 || lead > 0xF4 || bytes.size() < length) return 0;
  std::uint32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (bytes[i] & 0x3Fu);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < least[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

/// True when none of eight bytes is NUL or has its high bit set.
bool plain_eight(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return ((word | (word - 0x0101010101010101u)) & 0x8080808080808080u) == 0;
}

Index line_at(std::string_view text, std::size_t offset) {
  return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
}

void check_encoding(std::span<const std::uint8_t> bytes, std::string_view text, const std::string& name) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw DataError(fmt::format("{}: the text is UTF-16; save it as UTF-8", name));
  const std::size_t good = text_length(bytes);
  if (good == text.size()) return;
  const Index line = line_at(text, good);
  if (text[good] == '\0')
    throw DataError(
        fmt::format("{}: line {}: a NUL byte: this is UTF-16 or no text at all; save it as UTF-8", name, line));
  throw DataError(
      fmt::format("{}: line {}: byte {:02x} is not valid UTF-8; save the text as UTF-8", name, line, bytes[good]));
}

void check_line_ends(std::string_view text, const std::string& name) {
  for (std::size_t at = text.find('\r'); at != text.npos; at = text.find('\r', at + 1))
    if (at + 1 == text.size() || text[at + 1] != '\n')
      throw DataError(fmt::format("{}: line {}: a carriage return (CR) without a line feed; end lines with LF or CRLF",
                                  name, line_at(text, at)));
}

/// Without the blanks around it, and without the quotes around that.
std::string_view stripped(std::string_view field) {
  while (field.starts_with(' ')) field.remove_prefix(1);
  while (field.ends_with(' ')) field.remove_suffix(1);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
  return field;
}

template <typename Number>
std::from_chars_result parse(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number);
}

/// Bytes of the control character at a place of a text in UTF-8: one for C0 and DEL, two for C1; 0 for any other.
std::size_t control_length(std::string_view text, std::size_t at) {
  const auto byte = static_cast<std::uint8_t>(text[at]);
  if (byte < ' ' || byte == 0x7F) return 1;
  return byte == 0xC2 && at + 1 < text.size() && static_cast<std::uint8_t>(text[at + 1]) < 0xA0 ? 2 : 0;
}

bool all_digits(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == text.npos;
}

}  // namespace

std::size_t text_length(std::span<const std::uint8_t> bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (bytes.size() - at >= 8 && plain_eight(&bytes[at])) {
      at += 8;
      continue;
    }
    const std::size_t length = sequence_length(bytes.subspan(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

std::string_view csv_text(std::span<const std::uint8_t> bytes, const std::string& name) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  check_encoding(bytes, text, name);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  check_line_ends(text, name);
  if (text.find_first_not_of("\r\n") == text.npos) throw DataError(fmt::format("{}: the file is empty", name));
  return text;
}

char csv_separator(std::string_view first_line, const std::string& name) {
  if (name.ends_with(".tsv") || name.ends_with(".tsv.gz")) return '\t';
  std::size_t tabs = 0, semicolons = 0, commas = 0;
  bool quoted = false;
  for (const char c : first_line) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    tabs += c == '\t';
    semicolons += c == ';';
    commas += c == ',';
  }
  if (tabs > 0) return '\t';
  return semicolons > commas ? ';' : ',';
}

std::string field_text(std::string_view field) {
  const std::string_view inside = stripped(field);
  std::string text;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    text += inside[i];
    if (inside[i] == '"') ++i;
  }
  return text;
}

std::optional<Scalar> field_number(std::string_view field) {
  Scalar number = 0;
  auto result = parse(field, number);
  if (result.ptr != field.data() + field.size()) {
    field = stripped(field);
    result = parse(field, number);
  }
  if (field.empty() || result.ptr != field.data() + field.size()) return std::nullopt;
  if (result.ec == std::errc{}) return std::isfinite(number) ? std::optional(number) : std::nullopt;
  // Too small is no fault: it is zero, or nearly so, in any precision.
  double wide = 0;
  if (parse(field, wide).ec == std::errc{} && std::abs(wide) < 1) return static_cast<Scalar>(wide);
  return std::nullopt;
}

bool is_spoilt_number(std::string_view field) {
  field = stripped(field);
  if (field.starts_with('+') || field.starts_with('-')) field.remove_prefix(1);
  if (field.empty() || field == "?" || field == "NA") return true;
  if (field.starts_with("0x") || field.starts_with("0X")) return all_digits(field.substr(2), "0123456789abcdefABCDEF");
  double number = 0;
  const auto result = parse(field, number);
  if (result.ec == std::errc::invalid_argument) return false;
  const std::string_view rest = field.substr(static_cast<std::size_t>(result.ptr - field.data()));
  return rest.empty() || (rest.front() == ',' && all_digits(rest.substr(1), "0123456789"));
}

bool is_text_field(std::string_view field) { return !field_number(field) && !is_spoilt_number(field); }

bool is_name(std::string_view text) {
  constexpr std::size_t longest = 256;
  if (text.size() > longest) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (control_length(text, i) > 0) return false;
  return true;
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  const bool cut = text.size() > most;
  if (cut) {
    std::size_t length = most;
    while (length > 0 && (text[length] & 0xC0) == 0x80) --length;
    text = text.substr(0, length);
  }
  std::string safe;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t control = control_length(text, i);
    safe += control > 0 ? '?' : text[i];
    i += std::max(control, std::size_t{1});
  }
  return cut ? safe + "..." : safe;
}

bool LineCursor::next(std::string_view& line) {
  if (done_) return false;
  const std::size_t end = rest_.find('\n');
  done_ = end == rest_.npos;
  line = rest_.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!done_) rest_.remove_prefix(end + 1);
  ++number_;
  return true;
}

/// Where the quoted field that starts here ends, just behind its closing quote.
std::size_t FieldCursor::quoted_end() const {
  std::size_t i = at_ + 1;
  for (; i < line_.size(); ++i) {
    if (line_[i] != '"') continue;
    if (i + 1 == line_.size() || line_[i + 1] != '"') return i + 1;
    ++i;
  }
  refuse_field("unbalanced quotes: a quote is opened and never closed on this line");
}

std::string_view FieldCursor::take() {
  ++column_;
  const bool quoted = at_ < line_.size() && line_[at_] == '"';
  const std::size_t end = quoted ? quoted_end() : std::min(line_.find(separator_, at_), line_.size());
  if (end < line_.size() && line_[end] != separator_)
    refuse_field("unbalanced quotes: expected a separator after the closing quote");
  const std::string_view field = line_.substr(at_, end - at_);
  if (!quoted && field.find('"') != field.npos)
    refuse_field("unbalanced quotes: a quote inside a field; enclose the whole field and double the quote");
  at_ = end + 1;
  return field;
}

void FieldCursor::refuse_field(std::string_view fault) const {
  throw DataError(fmt::format("{}: line {}, column {}: {}", file_, line_number_, column_, fault));
}

void FieldCursor::refuse_line(std::string_view fault) const {
  throw DataError(fmt::format("{}: line {}: {}", file_, line_number_, fault));
}

}  // namespace dbn::detail
