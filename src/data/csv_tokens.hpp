#pragma once
// The pieces that tables in text are made of: checked text, its lines, their fields, and the numbers in them.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <dbn/core/types.hpp>

namespace dbn::detail {

/// How many bytes from the start are UTF-8 without NUL: all of them when the bytes are text.
std::size_t text_length(std::span<const std::uint8_t> bytes);

/// The bytes as text, without a byte-order mark. Throws DataError, with the line, for UTF-16, NUL, bytes that are not
/// UTF-8, and carriage returns that end no line; also for a file that is empty.
std::string_view csv_text(std::span<const std::uint8_t> bytes, const std::string& name);

/// Tab for a file named .tsv or a first line with tabs; else the more frequent of semicolon and comma; quotes are
/// skipped.
char csv_separator(std::string_view first_line, const std::string& name);

/// The text of a field: blanks around it and quotes removed, "" inside quotes made one quote.
std::string field_text(std::string_view field);

/// The finite number that takes up the whole field (blanks and quotes around it aside), if it is one.
std::optional<Scalar> field_number(std::string_view field);

/// Whether a field was meant as a number and is none that can be used: nan, inf, 1e999, hex, 1,5, +1 or nothing at all.
bool is_spoilt_number(std::string_view field);

/// Whether a field is neither: a name, which a column of numbers does not hold.
bool is_text_field(std::string_view field);

/// Whether a text may name a class, a target, a column or a category: at most 256 bytes, no control characters (C0,
/// DEL, C1).
bool is_name(std::string_view text);

/// A piece of a file fit for a message: short, on one line, no control characters.
std::string shown(std::string_view text);

/// Goes through the lines of a text; LF and CRLF both end one.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) : rest_(text) {}

  /// False after the last line.
  bool next(std::string_view& line);
  /// Of the line that next() gave last, from 1.
  Index number() const { return number_; }

 private:
  std::string_view rest_;
  bool done_ = false;
  Index number_ = 0;
};

/// Goes through the fields of one line and knows the place for messages.
class FieldCursor {
 public:
  FieldCursor(const std::string& file, Index line_number, std::string_view line, char separator)
      : file_(file), line_number_(line_number), line_(line), separator_(separator) {}

  bool at_end() const { return at_ > line_.size(); }

  /// The next field as it stands there, quotes included. Throws DataError for unbalanced quotes.
  std::string_view take();

  /// Takes the next field if it is 1 to 7 digits, which is what most fields of most tables are.
  bool take_digits(std::uint32_t& value) {
    std::size_t i = at_;
    std::uint32_t number = 0;
    for (; i < line_.size() && i - at_ < 7; ++i) {
      const auto digit = static_cast<std::uint32_t>(line_[i] - '0');
      if (digit > 9) break;
      number = number * 10 + digit;
    }
    if (i == at_ || (i < line_.size() && line_[i] != separator_)) return false;
    at_ = i + 1;
    ++column_;
    value = number;
    return true;
  }

  /// Throws DataError about the field that was taken last.
  [[noreturn]] void refuse_field(std::string_view fault) const;
  /// Throws DataError about the whole line.
  [[noreturn]] void refuse_line(std::string_view fault) const;

 private:
  std::size_t quoted_end() const;

  const std::string& file_;
  Index line_number_;
  std::string_view line_;
  char separator_;
  std::size_t at_ = 0;  // one past the end of the line when all fields are taken
  Index column_ = 0;
};

}  // namespace dbn::detail
