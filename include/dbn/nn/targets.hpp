#pragma once
// What a net is trained towards, batch by batch.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/nn/target_scaling.hpp>

namespace dbn {

/// Targets of numbered cases. Outlived by what it was made from.
class Targets {
 public:
  virtual ~Targets() = default;
  /// Outputs that a net for them has.
  virtual Index output_count() const = 0;
  /// Writes the targets of the named cases (outputs x cases.size()). Returns what their summed loss is to be divided
  /// by: the number of cases, unless these are weighted.
  virtual double gather_into(std::span<const Index> cases, MatrixRef out) const = 0;
};

/// Options of targets that are classes.
struct ClassTargetOptions {
  double label_smoothing = 0;  ///< share in [0, 1] that goes to all classes alike [Szegedy et al. 2016]
  std::string class_weights =
      "none";  ///< none; balanced: each class the same weight in sum; or a weight for each class
};

/// One-hot targets of labels, smoothed and weighted. A case weighs what its class does, and smoothed shares what theirs
/// do, as in torch.nn.CrossEntropyLoss. Throws InvalidArgument unless every case has a label among `classes`, and for
/// weights that are not one a class and positive.
std::unique_ptr<Targets> class_targets(const PreparedCases& cases, Index classes, const ClassTargetOptions& options);

/// Targets of cases that have them, scaled.
std::unique_ptr<Targets> value_targets(const PreparedCases& cases, const TargetScaling& scaling);

}  // namespace dbn
