#pragma once
// Cases as a layer higher up sees them: codes of the layers below, computed batch by batch, so that memory does not
// grow with the number of cases.

#include <span>
#include <vector>

#include <dbn/data/case_source.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

/// The cases of `source` seen through all layers of `stack`; both outlive this. An empty stack passes cases through.
class EncodedCases final : public CaseSource {
 public:
  EncodedCases(const CaseSource& source, const Stack& stack) : source_(source), stack_(stack) {}

  Index case_count() const override { return source_.case_count(); }
  Index feature_count() const override { return stack_.layers.empty() ? source_.feature_count() : stack_.code_count(); }
  void gather_into(std::span<const Index> cases, MatrixRef out) const override;

 private:
  const CaseSource& source_;
  const Stack& stack_;
  mutable std::vector<Matrix> buffers_;  ///< input of each layer; kept between batches
};

/// Bytes that EncodedCases keep for batches of up to `batch` cases: the inputs of each layer, whose sizes these are.
double encoded_cases_memory(std::span<const Index> sizes, Index batch);

}  // namespace dbn
