#include <dbn/nn/target_scaling.hpp>
#include <dbn/nn/targets.hpp>

namespace dbn {
namespace {

class ValueTargets final : public Targets {
 public:
  ValueTargets(const PreparedCases& cases, TargetScaling scaling) : cases_(cases), scaling_(std::move(scaling)) {}

  Index output_count() const override { return cases_.target_count(); }

  double gather_into(std::span<const Index> cases, MatrixRef out) const override {
    cases_.gather_targets_into(cases, out);
    scaling_.apply(out);
    return static_cast<double>(cases.size());
  }

 private:
  const PreparedCases& cases_;
  TargetScaling scaling_;
};

}  // namespace

std::unique_ptr<Targets> value_targets(const PreparedCases& cases, const TargetScaling& scaling) {
  return std::make_unique<ValueTargets>(cases, scaling);
}

}  // namespace dbn
