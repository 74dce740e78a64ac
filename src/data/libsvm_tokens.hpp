#pragma once
// The pieces that a line of LIBSVM is made of.

#include <string>
#include <string_view>

#include <dbn/core/types.hpp>

namespace dbn::detail {

/// One feature that a line names.
struct LibsvmPair {
  Index index = 0;  ///< from 1
  Scalar value = 0;
};

/// Goes through the tokens of one case, the label first, and knows the place for messages. All throw DataError.
class LibsvmCursor {
 public:
  /// `line` without comment.
  LibsvmCursor(const std::string& file, Index number, std::string_view line)
      : file_(file), number_(number), rest_(line) {}

  /// The token before the pairs.
  std::string_view take_label();
  /// False after the last pair.
  bool next(LibsvmPair& pair);

  /// The class that a label names.
  std::string class_name(std::string_view label) const;
  /// The number that takes up the whole text.
  Scalar number(std::string_view text) const;
  [[noreturn]] void refuse(std::string_view fault) const;

 private:
  std::string_view take_token();
  Index index_in(std::string_view text) const;

  const std::string& file_;
  Index number_;
  std::string_view rest_;
  Index last_index_ = 0;
};

/// A line without its comment and the blanks around what is left.
std::string_view libsvm_content(std::string_view line);

}  // namespace dbn::detail
