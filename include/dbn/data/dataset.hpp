#pragma once
// Cases as a file held them: bytes stay bytes, and become scalars one batch at a time.

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/types.hpp>
#include <dbn/data/schema.hpp>
#include <dbn/data/stored_cases.hpp>

namespace dbn {

/// Label of a case that has none.
inline constexpr int kUnlabelled = -1;

/// Features of a number of cases, and what is to be predicted of them: labels or targets. A plain value: readers and
/// generators fill it, nobody changes it later.
struct Dataset {
  using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>;

  std::string name;                                   ///< where it came from, for messages
  std::variant<Bytes, Matrix, StoredCases> features;  ///< (features x cases), in memory or in their file
  std::vector<int> labels;           ///< index into `classes` or kUnlabelled, one per case; empty: no labels at all
  std::vector<std::string> classes;  ///< class names, in the order of their labels
  std::vector<Index> shape;          ///< of one case, e.g. {28, 28}; its product is the number of features
  Matrix targets = {};               ///< numbers to predict (targets x cases); empty: none
  std::vector<std::string> target_names = {};  ///< one for each of them
  bool sparse = false;  ///< its file names only features other than 0, so that there may be more of them, all 0
  Schema schema = {};   ///< of the table that it was, where columns hold categories; else empty

  Index case_count() const;
  Index feature_count() const;
  bool labelled() const { return !labels.empty(); }
  /// Every feature is a number from 0 to 255 that its file holds in one byte.
  bool holds_bytes() const;
  bool has_targets() const { return targets.rows() > 0; }

  /// Writes the raw features of the named cases into the columns of `out` (features x cases.size()).
  /// Throws IoError or DataError when they are in a file that cannot be read, or is not as long as it was.
  void gather_into(std::span<const Index> cases, MatrixRef out) const;

  /// Calls visit(first, block) for all cases in their order, some hundreds at a time: `block` holds the raw features
  /// (features x cases) of case `first` and those behind it. Memory does not grow with the number of cases.
  void for_each_block(FunctionRef<void(Index first, const ConstMatrixRef& block)> visit) const;

  /// Throws DataError unless labels, classes, targets, shape and features fit each other, and every feature and target
  /// is finite; features in a file are all read for that, where their type can be anything else.
  void check() const;
};

/// Gives `dataset` the class list of the training cases, so that equal labels mean equal classes. Throws DataError when
/// it holds a class that `classes` does not.
void adopt_classes(Dataset& dataset, const std::vector<std::string>& classes);

/// Fills `labels` and `classes` from the texts of a label column: classes are the distinct texts, in numeric order when
/// all are integers, else in alphabetic order. An empty text is an unlabelled case. The features must be there already:
/// throws DataError when there are not as many texts as cases.
void set_labels(Dataset& dataset, const std::vector<std::string>& texts);

/// Gives `dataset` numbers to predict (targets x cases). A name that is missing or empty becomes target, or target1,
/// target2, ... Throws DataError when there are not as many as cases, one is not finite, or a name stands twice.
void set_targets(Dataset& dataset, Matrix targets, std::vector<std::string> names);

/// Makes labels whose classes are numbers targets. Throws DataError when one is none, or a case is unlabelled.
void labels_to_targets(Dataset& dataset);

/// Gives `dataset` the target names of the training cases. Throws DataError when it has another number of targets.
void adopt_targets(Dataset& dataset, const std::vector<std::string>& names);

/// Appends features of 0 to those of a sparse dataset, so that it has `count`. No effect on others, and on those that
/// have as many.
void pad_features(Dataset& dataset, Index count);

/// Drops all but the first `count` cases (classes stay). No effect when there are fewer.
void keep_first(Dataset& dataset, Index count);

}  // namespace dbn
