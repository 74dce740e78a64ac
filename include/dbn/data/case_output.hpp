#pragma once
// Cases written into files that read_dataset() reads back to the same values. To add a format: src/data/<format>_writer
// .cpp and a row in case_formats().

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn {

namespace detail {
struct CaseRows;
}

/// One format that cases are written in. A file takes class names by all of them: one that it cannot hold makes numbers
/// of all.
struct CaseFormat {
  using Write = void (*)(const detail::CaseRows& rows, FunctionRef<void(std::span<const std::uint8_t>)> sink);
  using HoldsClasses = bool (*)(const std::vector<std::string>& names);

  std::string name;
  std::vector<std::string> extensions;  ///< how names of such files end, without .gz
  bool compressed = false;              ///< by itself, so that .gz around it is refused
  bool expects_labels = false;          ///< its reader takes something for them unless it is told that there are none
  bool gaps = false;                    ///< cases without a label may stand among others
  Write write = nullptr;
  HoldsClasses holds_classes = nullptr;  ///< in a file of cases; nullptr: it has no place for labels
  Write write_labels = nullptr;          ///< a file of labels or targets alone; nullptr: there is none
  HoldsClasses labels_hold_classes = nullptr;
};

/// All formats.
const std::vector<CaseFormat>& case_formats();

/// The format of a file by its name; CSV for one without an extension. Throws InvalidArgument, which lists the
/// extensions, for any other, and for .gz around what is compressed already.
const CaseFormat& case_format(const std::string& path);

/// Where cases go.
struct CasePaths {
  std::string cases;
  std::string labels;                      ///< for formats whose files hold none; `none` leaves labels and targets out
  std::string label_option = "label-out";  ///< what a user calls `labels`, for messages
};

/// Throws InvalidArgument when such files cannot be: a format that is not known, labels that stand in the file of cases
/// by themselves, a format without files of labels, a compressed one in .gz.
void check_case_paths(const CasePaths& paths);

/// Throws InvalidArgument when these cases cannot go there: as check_case_paths(), for no case, for labels or targets
/// without a place, for cases without a label where the format wants one of each.
void check_case_output(const Dataset& dataset, std::span<const Index> cases, const CasePaths& paths);

/// Some cases of a dataset with their labels or targets, written into temporary files block by block, which take their
/// names by commit(), or vanish. Numbers have the digits that read back to the same bits. Classes keep their names
/// where the format can hold all of them; elsewhere their numbers, from 0 in the order of `dataset.classes`, stand in
/// their place. NPZ files alone are made in memory.
class CaseOutput {
 public:
  /// Writes. Throws InvalidArgument as check_case_output(), or IoError.
  CaseOutput(const Dataset& dataset, std::span<const Index> cases, const CasePaths& paths);
  ~CaseOutput();
  CaseOutput(CaseOutput&&) noexcept;
  CaseOutput& operator=(CaseOutput&&) noexcept;

  /// Whether numbers stand in the place of class names.
  bool numbered_classes() const { return numbered_classes_; }
  /// Whether the file has labels or targets, itself or in a file beside it.
  bool with_labels() const { return with_labels_; }

  /// Throws IoError.
  void commit();

 private:
  class File;
  std::vector<std::unique_ptr<File>> files_;
  bool numbered_classes_ = false;
  bool with_labels_ = false;
};

}  // namespace dbn
