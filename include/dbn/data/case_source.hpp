#pragma once
// What training reads: cases as columns of scalars, made one batch at a time.

#include <memory>
#include <span>
#include <vector>

#include <dbn/core/types.hpp>
#include <dbn/data/dataset.hpp>
#include <dbn/data/preprocessing.hpp>

namespace dbn {

/// Cases numbered from 0, given out by batches. Reading is for one thread at a time; it uses all threads inside.
class CaseSource {
 public:
  virtual ~CaseSource() = default;
  virtual Index case_count() const = 0;
  virtual Index feature_count() const = 0;
  /// Writes the named cases into the columns of `out` (features x cases.size()).
  virtual void gather_into(std::span<const Index> cases, MatrixRef out) const = 0;
};

/// Some cases of a dataset, scaled and binarized.
class PreparedCases final : public CaseSource {
 public:
  /// `members` are case numbers of the dataset. Throws InvalidArgument when preprocessing and dataset do not fit.
  PreparedCases(std::shared_ptr<const Dataset> dataset, std::vector<Index> members, Preprocessing preprocessing);

  Index case_count() const override { return static_cast<Index>(members_.size()); }
  Index feature_count() const override { return dataset_->feature_count(); }
  void gather_into(std::span<const Index> cases, MatrixRef out) const override;

  /// Label of case i; kUnlabelled when it has none.
  int label(Index i) const;
  Index target_count() const { return dataset_->targets.rows(); }
  /// Writes the targets of the named cases into the columns of `out` (targets x cases.size()).
  void gather_targets_into(std::span<const Index> cases, MatrixRef out) const;
  Index class_count() const { return static_cast<Index>(dataset_->classes.size()); }
  const Dataset& dataset() const { return *dataset_; }
  const std::vector<Index>& members() const { return members_; }
  const Preprocessing& preprocessing() const { return preprocessing_; }

 private:
  std::shared_ptr<const Dataset> dataset_;
  std::vector<Index> members_;
  Preprocessing preprocessing_;
};

/// Calls body(first, cases) for each run of up to `batch` consecutive entries of `order`; the last may be shorter.
template <typename Body>
void for_each_batch(std::span<const Index> order, Index batch, Body&& body) {
  for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(batch))
    body(static_cast<Index>(first),
         order.subspan(first, std::min<std::size_t>(static_cast<std::size_t>(batch), order.size() - first)));
}

/// 0, 1, ..., count - 1.
std::vector<Index> all_cases(Index count);

}  // namespace dbn
