#include <dbn/nn/evaluation.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

namespace dbn {
namespace {

constexpr Index kBatch = 256;
constexpr std::size_t kBins = 15;

// Cases whose top probability fell into one bin.
struct Bin {
  double confidence = 0;
  double correct = 0;
};

double expected_calibration_error(const std::array<Bin, kBins>& bins, Index cases) {
  double gap = 0;
  for (const Bin& bin : bins) gap += std::abs(bin.confidence - bin.correct);
  return 100 * gap / static_cast<double>(cases);
}

}  // namespace

void for_each_scores(const Mlp& net, const CaseSource& cases, const std::function<void(Index, const Matrix&)>& visit) {
  Matrix batch(cases.feature_count(), kBatch);
  const auto all = all_cases(cases.case_count());
  for_each_batch(all, kBatch, [&](Index first, std::span<const Index> part) {
    const auto count = static_cast<Index>(part.size());
    cases.gather_into(part, batch.leftCols(count));
    visit(first, net.scores(batch.leftCols(count)));
  });
}

void for_each_prediction(const Mlp& net, const CaseSource& cases, const Loss& loss,
                         const std::function<void(Index, const Matrix&)>& visit) {
  for_each_scores(net, cases, [&](Index first, const Matrix& scores) {
    Matrix predictions = scores;
    loss.predict(predictions);
    visit(first, predictions);
  });
}

Evaluation evaluate(const Mlp& net, const PreparedCases& cases) {
  const auto classes = static_cast<std::size_t>(net.output_count());
  Evaluation result;
  result.confusion.assign(classes, std::vector<Index>(classes, 0));
  std::array<Bin, kBins> bins;
  for_each_scores(net, cases, [&](Index first, const Matrix& scores) {
    Matrix probabilities = scores;
    softmax_in_place(probabilities);
    for (Index c = 0; c < scores.cols(); ++c) {
      const int label = cases.label(first + c);
      if (label == kUnlabelled) continue;
      if (label >= net.output_count())
        throw InvalidArgument(
            fmt::format("{}: expected labels of {} classes, found class {}", cases.dataset().name, classes, label + 1));
      Index predicted = 0;
      const double confidence = probabilities.col(c).maxCoeff(&predicted);
      const bool right = predicted == label;
      ++result.cases;
      if (!right) result.wrong.push_back(first + c);
      ++result.confusion[static_cast<std::size_t>(label)][static_cast<std::size_t>(predicted)];
      // From the scores: a probability that rounds to 0 still has a finite cost.
      result.cross_entropy += log_sum_exp(scores.col(c).cast<double>()) - static_cast<double>(scores(label, c));
      Bin& bin = bins[std::min(kBins - 1, static_cast<std::size_t>(confidence * kBins))];
      bin.confidence += confidence;
      bin.correct += right;
    }
  });
  if (result.cases == 0)
    throw InvalidArgument(fmt::format("{}: expected cases with labels, found none", cases.dataset().name));
  const Index wrong = std::ssize(result.wrong);
  result.error = 100.0 * static_cast<double>(wrong) / static_cast<double>(result.cases);
  result.error_interval = wilson_interval(wrong, result.cases);
  result.cross_entropy /= static_cast<double>(result.cases);
  result.calibration_error = expected_calibration_error(bins, result.cases);
  return result;
}

std::optional<Index> Evaluation::only_prediction() const {
  Index true_classes = 0;
  std::vector<Index> predictions(confusion.size(), 0);
  for (const auto& row : confusion) {
    true_classes += std::any_of(row.begin(), row.end(), [](Index count) { return count > 0; });
    std::transform(row.begin(), row.end(), predictions.begin(), predictions.begin(), std::plus<>());
  }
  const auto all = std::find(predictions.begin(), predictions.end(), cases);
  if (true_classes < 2 || all == predictions.end()) return std::nullopt;
  return static_cast<Index>(all - predictions.begin());
}

std::array<double, 2> wilson_interval(Index wrong, Index cases) {
  if (cases < 1 || wrong < 0 || wrong > cases)
    throw InvalidArgument(
        fmt::format("interval of a rate: expected 0 to all of at least one, found {} of {}", wrong, cases));
  constexpr double z = 1.959963984540054;  // 97.5 % point of the normal distribution
  const auto n = static_cast<double>(cases);
  const double p = static_cast<double>(wrong) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // None and all have their limits at 0 and 1, which rounding would miss.
  return {wrong == 0 ? 0 : 100 * (centre - half), wrong == cases ? 100 : 100 * (centre + half)};
}

// A batch, the inputs and outputs of one layer, and the scores as predictions; of a regression also what is summed.
double evaluation_memory(const std::vector<Index>& sizes) {
  double widest = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    widest = std::max(widest, static_cast<double>(sizes[i]) + static_cast<double>(sizes[i + 1]));
  const double units = static_cast<double>(sizes.front()) + widest + 4 * static_cast<double>(sizes.back());
  return sizeof(Scalar) * static_cast<double>(kBatch) * units;
}

}  // namespace dbn
