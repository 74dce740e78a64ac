#include <dbn/nn/targets.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>

namespace dbn {
namespace {

void check_labels(const PreparedCases& cases, Index classes) {
  for (Index i = 0; i < cases.case_count(); ++i)
    if (cases.label(i) < 0 || cases.label(i) >= classes)
      throw InvalidArgument(fmt::format("{}: case {} has no label among the network's {} classes", cases.dataset().name,
                                        cases.members()[static_cast<std::size_t>(i)] + 1, classes));
}

// n / (K n_k): the classes weigh alike, and cases 1 on the average. A class without cases weighs nothing anywhere.
Vector balanced_weights(const PreparedCases& cases, Index classes) {
  Vector counts = Vector::Zero(classes);
  for (Index i = 0; i < cases.case_count(); ++i) counts[cases.label(i)] += 1;
  const auto share = static_cast<Scalar>(cases.case_count()) / static_cast<Scalar>(classes);
  return counts.unaryExpr([share](Scalar count) { return count > 0 ? share / count : Scalar{0}; });
}

Vector class_weights(const std::string& text, const PreparedCases& cases, Index classes) {
  if (text == "none") return Vector::Ones(classes);
  if (text == "balanced") return balanced_weights(cases, classes);
  const auto parts = split_list(text);
  if (static_cast<Index>(parts.size()) != classes)
    throw InvalidArgument(
        fmt::format("--class-weights: expected none, balanced, or a weight for each of {} classes, "
                    "found '{}'",
                    classes, text));
  Vector weights(classes);
  for (Index k = 0; k < classes; ++k) {
    const double weight = parse_number(parts[static_cast<std::size_t>(k)], "--class-weights");
    if (!(static_cast<Scalar>(weight) > 0))
      throw InvalidArgument(fmt::format("--class-weights: expected weights above 0, found {}", weight));
    weights[k] = static_cast<Scalar>(weight);
  }
  return weights;
}

class ClassTargets final : public Targets {
 public:
  ClassTargets(const PreparedCases& cases, Index classes, const ClassTargetOptions& options)
      : cases_(cases), smoothing_(static_cast<Scalar>(options.label_smoothing)) {
    check_labels(cases, classes);
    weights_ = class_weights(options.class_weights, cases, classes);
    shared_ = smoothing_ / static_cast<Scalar>(classes) * weights_;
  }

  Index output_count() const override { return weights_.size(); }

  double gather_into(std::span<const Index> cases, MatrixRef out) const override {
    double weight = 0;
    for (Index c = 0; c < out.cols(); ++c) {
      const int label = cases_.label(cases[static_cast<std::size_t>(c)]);
      out.col(c) = shared_;
      out(label, c) += (1 - smoothing_) * weights_[label];
      weight += static_cast<double>(weights_[label]);
    }
    return weight;
  }

 private:
  const PreparedCases& cases_;
  Scalar smoothing_;
  Vector weights_;  ///< of each class
  Vector shared_;   ///< what every case gives each class
};

}  // namespace

std::unique_ptr<Targets> class_targets(const PreparedCases& cases, Index classes, const ClassTargetOptions& options) {
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1))
    throw InvalidArgument(fmt::format("label_smoothing: expected 0 to 1, found {}", options.label_smoothing));
  return std::make_unique<ClassTargets>(cases, classes, options);
}

}  // namespace dbn
