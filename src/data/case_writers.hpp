#pragma once
// The writers behind case_formats(): each makes the bytes of a file, piece by piece, and knows of no file.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn::detail {

/// What a file is to hold: some cases of a dataset, in this order.
struct CaseRows {
  const Dataset& dataset;
  std::span<const Index> cases;
  bool labelled = false;             ///< with their labels
  bool targets = false;              ///< or with their targets
  std::vector<std::string> classes;  ///< what each class is called in the file

  Index case_count() const { return static_cast<Index>(cases.size()); }
  /// Label of a case of the dataset; kUnlabelled when it has none.
  int label(Index c) const { return dataset.labels[static_cast<std::size_t>(c)]; }
  /// Number of that label in the file. Every case must have one, and all class names be integers.
  std::vector<std::int64_t> label_numbers() const;
  /// (targets x cases)
  Matrix target_values() const;
};

/// Takes the next bytes of a file.
using ByteSink = FunctionRef<void(std::span<const std::uint8_t>)>;

/// Goes through the features in blocks (features x some cases) that are small beside the memory.
void for_each_block(const CaseRows& rows,
                    FunctionRef<void(std::span<const Index> cases, const ConstMatrixRef& features)> body);

/// The bytes of numbers as they lie in memory.
template <typename Number>
std::span<const std::uint8_t> bytes_of(const Number* values, Index count) {
  return {reinterpret_cast<const std::uint8_t*>(values), static_cast<std::size_t>(count) * sizeof(Number)};
}

/// Whether all names are integers as the tool itself writes them, from `least` to `most`.
bool all_integers(const std::vector<std::string>& names, std::int64_t least, std::int64_t most);

inline constexpr std::int64_t kMostExact = (std::int64_t{1} << 53) - 1;  ///< doubles hold every integer up to it

void write_csv(const CaseRows& rows, ByteSink sink);
void write_csv_labels(const CaseRows& rows, ByteSink sink);
bool csv_holds_classes(const std::vector<std::string>& names);
bool csv_labels_hold_classes(const std::vector<std::string>& names);
void write_tsv(const CaseRows& rows, ByteSink sink);
void write_tsv_labels(const CaseRows& rows, ByteSink sink);

void write_libsvm(const CaseRows& rows, ByteSink sink);
bool libsvm_holds_classes(const std::vector<std::string>& names);

void write_npy(const CaseRows& rows, ByteSink sink);
void write_npy_labels(const CaseRows& rows, ByteSink sink);
bool npy_holds_classes(const std::vector<std::string>& names);

void write_npz(const CaseRows& rows, ByteSink sink);

void write_idx(const CaseRows& rows, ByteSink sink);
void write_idx_labels(const CaseRows& rows, ByteSink sink);
bool idx_holds_classes(const std::vector<std::string>& names);

}  // namespace dbn::detail
