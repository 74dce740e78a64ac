#pragma once
// The dictionary that stands before the numbers of an NPY file: the one Python literal that NumPy writes there, and no
// other Python.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/io/npy_array.hpp>

namespace dbn::detail {

/// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }; throws DataError with the byte for anything
/// else.
class NpyHeader {
 public:
  /// `text` is ASCII and begins at byte `offset` of the file `name`.
  NpyHeader(std::string_view text, std::size_t offset, const std::string& name)
      : text_(text), offset_(offset), name_(name) {}

  /// All but where the elements begin.
  NpyLayout read();

 private:
  void read_item();
  NpyType read_type();
  bool read_order();
  std::vector<Index> read_shape();
  Index read_extent();

  void skip_blanks();
  bool take(std::string_view token);
  void demand(std::string_view token);
  std::string_view take_string(std::string_view what);
  [[noreturn]] void refuse(std::string_view expected) const;
  [[noreturn]] void refuse_type(std::string_view type) const;

  std::string_view text_;
  std::size_t offset_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::optional<NpyType> type_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<Index>> shape_;
};

}  // namespace dbn::detail
