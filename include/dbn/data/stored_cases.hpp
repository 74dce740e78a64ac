#pragma once
// Features that stay in their file, because they may be more than memory holds.

#include <cstdint>
#include <memory>
#include <span>

#include <dbn/core/types.hpp>
#include <dbn/io/npy_array.hpp>
#include <dbn/io/stored_file.hpp>

namespace dbn {

/// Cases of one type of number that stand behind each other in a file, read when they are asked for: the same scalars
/// as if the file had been read whole, for a buffer of a few hundred kilobytes (of one case, where that is more) in
/// each thread. A plain value; copies share the open file, and any number of threads may read at once.
class StoredCases {
 public:
  /// `type` elements, `features` for each of `cases`, from byte `begin` of the file. Throws InvalidArgument when the
  /// file is too short for them.
  StoredCases(std::shared_ptr<const StoredFile> file, std::uint64_t begin, NpyType type, Index features, Index cases);

  /// Features and cases, by the names that a matrix (features x cases) has for them.
  Index rows() const { return features_; }
  Index cols() const { return cases_; }
  const NpyType& type() const { return type_; }

  /// Forgets all but the first `count`, which are no more than there are.
  void keep_first(Index count) { cases_ = count; }

  /// Writes the named cases, which must be among them, into the columns of `out` (rows() x cases.size()). Those that
  /// stand behind each other are read at once. Throws IoError, or DataError when the file was changed.
  void gather_into(std::span<const Index> cases, MatrixRef out) const;

  /// Throws DataError unless all elements are what `type` allows, as parse_npy does.
  void check_truth_values() const;

 private:
  std::uint64_t case_bytes() const { return static_cast<std::uint64_t>(features_) * type_.size; }
  Index cases_per_read() const;
  /// The bytes of `count` cases from `first` on, until the same thread reads again.
  std::span<const std::uint8_t> read(Index first, Index count) const;

  std::shared_ptr<const StoredFile> file_;
  std::uint64_t begin_;
  NpyType type_;
  Index features_;
  Index cases_;
};

}  // namespace dbn
