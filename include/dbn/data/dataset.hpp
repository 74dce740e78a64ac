#pragma once
// Cases as a file held them: bytes stay bytes, and become scalars one batch at a time.

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// Label of a case that has none.
inline constexpr int kUnlabelled = -1;

/// Features and labels of a number of cases. A plain value: readers and generators fill it, nobody changes it later.
struct Dataset {
  using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>;

  std::string name;                      ///< where it came from, for messages
  std::variant<Bytes, Matrix> features;  ///< (features x cases)
  std::vector<int> labels;               ///< index into `classes` or kUnlabelled, one per case; empty: no labels at all
  std::vector<std::string> classes;      ///< class names, in the order of their labels
  std::vector<Index> shape;              ///< of one case, e.g. {28, 28}; its product is the number of features

  Index case_count() const;
  Index feature_count() const;
  bool labelled() const { return !labels.empty(); }

  /// Writes the raw features of the named cases into the columns of `out` (features x cases.size()).
  void gather_into(std::span<const Index> cases, MatrixRef out) const;

  /// Throws DataError unless labels, classes, shape and features fit each other and every feature is finite.
  void check() const;
};

/// Gives `dataset` the class list of the training cases, so that equal labels mean equal classes. Throws DataError when
/// it holds a class that `classes` does not.
void adopt_classes(Dataset& dataset, const std::vector<std::string>& classes);

/// Fills `labels` and `classes` from the texts of a label column: classes are the distinct texts, in numeric order when
/// all are integers, else in alphabetic order. An empty text is an unlabelled case. The features must be there already:
/// throws DataError when there are not as many texts as cases.
void set_labels(Dataset& dataset, const std::vector<std::string>& texts);

/// Drops all but the first `count` cases (classes stay). No effect when there are fewer.
void keep_first(Dataset& dataset, Index count);

}  // namespace dbn
