#include <dbn/pretrain/doctor.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/moments.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/nn/lsuv.hpp>

namespace dbn {
namespace {

// Thresholds without a source are ours: an MNIST stack 784-500-500-2000 earns a few notes by them and no warning.
constexpr Index kMostCases = 1000;
constexpr double kIdle = 0.01;            // mean activity of an idle unit, from either end, as a share of the range
constexpr double kManyUnits = 0.1;        // share of a layer from which a fault of units is a warning
constexpr double kNearEnd = 0.01;         // distance of a saturated mean from an end, as a share of the range
constexpr double kMostSaturated = 0.9;    // share of means; in that stack a fifth to a half
constexpr double kAlike = 0.99;           // cosine of two filters
constexpr Index kFewestInputs = 8;        // in fewer dimensions two random filters may be alike
constexpr Index kCompared = 2048;         // most filters that are compared with each other
constexpr double kBestRatio = 1e-3;       // of updates to weights [Hinton 2012 §7]
constexpr double kRatioFactor = 10;       // that a ratio may be off by
constexpr std::size_t kFewestEpochs = 3;  // for a trend
constexpr double kGapRise = 5;            // nats; 1000 cases that spread by 50 know their mean to 2 [Hinton 2012 §6]
constexpr double kErrorRise = 0.1;        // of the reconstruction error, over its least
constexpr double kChainGap = 20;          // nats between the means of 100 chains and of 1000 cases
constexpr double kLeastSwapRate = 0.1;
constexpr double kVarianceFactor = 2;  // that the mean variance of Gaussian data may be off 1 by [Hinton 2012 §13.2]

struct Patient {
  const StackLayer& layer;
  Index number;
  const Matrix* inputs;  // null, as codes, when there are none
  const Matrix* codes;
  std::span<const PretrainEpoch> history;
  const TrainingEvidence& evidence;
};

using Diagnosis = std::optional<Finding>;

Diagnosis finding(std::string what, double value, Severity severity, std::string advice) {
  return Finding{
      .layer = 0, .what = std::move(what), .value = value, .severity = severity, .advice = std::move(advice)};
}

std::string_view code_activation(const StackLayer& layer) {
  if (const auto* rbm = std::get_if<Rbm>(&layer)) return rbm->hidden->activation();
  return std::get<Autoencoder>(layer).code->name;
}

// Between which numbers codes lie, for units that go to both ends.
struct Ends {
  double low, high;
  double at(double share) const { return low + share * (high - low); }
};

std::optional<Ends> code_ends(const StackLayer& layer) {
  const auto name = code_activation(layer);
  if (name == "sigmoid" || name == "hard-sigmoid") return Ends{0, 1};
  if (name == "tanh" || name == "hard-tanh") return Ends{-1, 1};
  return std::nullopt;
}

bool rectified(const StackLayer& layer) {
  return code_activation(layer) == "relu" || code_activation(layer) == "relu6";
}

// So many units with a fault; nothing when there are none.
Diagnosis units_finding(const Patient& p, Index count, const std::string& fault, const std::string& advice) {
  if (count == 0) return std::nullopt;
  const double share = static_cast<double>(count) / static_cast<double>(hidden_count(p.layer));
  return finding(fmt::format("{} of {} units {}", count, hidden_count(p.layer), fault), share,
                 share > kManyUnits ? Severity::warning : Severity::note, advice);
}

std::string idle_advice(const Patient& p) {
  const char* sparsity = std::holds_alternative<Rbm>(p.layer) ? "--sparsity-target 0.1, " : "";
  return fmt::format("{}a smaller --learning-rate, or fewer units in --layers", sparsity);
}

Eigen::ArrayXd mean_codes(const Patient& p) { return p.codes->cast<double>().rowwise().mean().array(); }

Diagnosis units_never_on(const Patient& p) {
  if (p.codes == nullptr) return std::nullopt;
  if (rectified(p.layer))
    return units_finding(p, (p.codes->array() == 0).rowwise().all().count(),
                         fmt::format("are never on: 0 in all of {} cases", p.codes->cols()), idle_advice(p));
  const auto ends = code_ends(p.layer);
  if (!ends) return std::nullopt;
  const double bound = ends->at(kIdle);
  return units_finding(p, (mean_codes(p) < bound).count(),
                       fmt::format("are never on: mean activity below {:g} over {} cases", bound, p.codes->cols()),
                       idle_advice(p));
}

Diagnosis units_always_on(const Patient& p) {
  const auto ends = code_ends(p.layer);
  if (p.codes == nullptr || !ends) return std::nullopt;
  const double bound = ends->at(1 - kIdle);
  return units_finding(p, (mean_codes(p) > bound).count(),
                       fmt::format("are always on: mean activity above {:g} over {} cases", bound, p.codes->cols()),
                       idle_advice(p));
}

Diagnosis saturation(const Patient& p) {
  const auto ends = code_ends(p.layer);
  if (p.codes == nullptr || !ends) return std::nullopt;
  const auto low = static_cast<Scalar>(ends->at(kNearEnd));
  const auto high = static_cast<Scalar>(ends->at(1 - kNearEnd));
  const Index count = (p.codes->array() < low || p.codes->array() > high).count();
  const double share = static_cast<double>(count) / static_cast<double>(p.codes->size());
  if (share <= kMostSaturated) return std::nullopt;
  return finding(fmt::format("units are saturated: {:.0f} % of their means are at an end of their range", 100 * share),
                 share, Severity::warning,
                 fmt::format("a smaller --learning-rate, a larger --weight-cost{}",
                             std::holds_alternative<Rbm>(p.layer) ? ", or --sparsity-target 0.1" : ""));
}

// How many filters, columns of length 1 or 0, point where an earlier one points.
Index count_alike(const Matrix& filters) {
  const Tiles tiles(filters.cols(), 256);
  std::vector<Index> counts(static_cast<std::size_t>(tiles.count()));
  parallel_for(tiles.count(), [&](Index t) {
    const Index first = tiles.first(t);
    Matrix cosines(first + tiles.length(t), tiles.length(t));
    cosines.noalias() = filters.leftCols(cosines.rows()).transpose() * filters.middleCols(first, cosines.cols());
    for (Index c = 0; c < cosines.cols(); ++c)
      counts[static_cast<std::size_t>(t)] +=
          (cosines.col(c).head(first + c).array() > static_cast<Scalar>(kAlike)).any() ? 1 : 0;
  });
  return std::accumulate(counts.begin(), counts.end(), Index{0});
}

Diagnosis units_alike(const Patient& p) {
  if (visible_count(p.layer) < kFewestInputs) return std::nullopt;
  Matrix filters = encoder_weights(p.layer).leftCols(std::min(hidden_count(p.layer), kCompared));
  for (Index c = 0; c < filters.cols(); ++c) filters.col(c).normalize();  // which leaves a column of zeros alone
  return units_finding(p, count_alike(filters),
                       fmt::format("repeat another: the cosine of their weights is above {:g}", kAlike),
                       idle_advice(p));
}

Diagnosis update_size(const Patient& p) {
  if (!p.evidence.update_ratio || !std::isfinite(*p.evidence.update_ratio)) return std::nullopt;
  const double ratio = *p.evidence.update_ratio;
  const std::string what =
      fmt::format("an update is {:.2g} times the weights, where about {:g} is usual", ratio, kBestRatio);
  const double factor = kBestRatio / ratio;
  if (ratio > kBestRatio * kRatioFactor)
    return finding(what, ratio, Severity::warning, fmt::format("a --learning-rate {:.2g} times as large", factor));
  if (ratio >= kBestRatio / kRatioFactor) return std::nullopt;
  return finding(what, ratio, Severity::note,
                 std::isfinite(factor) ? fmt::format("a --learning-rate {:.2g} times as large", factor)
                                       : "a larger --learning-rate");
}

Diagnosis free_energy_gap(const Patient& p) {
  std::vector<PretrainEpoch> measured;
  std::copy_if(p.history.begin(), p.history.end(), std::back_inserter(measured),
               [](const PretrainEpoch& e) { return e.free_energy_gap.has_value(); });
  if (measured.size() < kFewestEpochs) return std::nullopt;
  const auto least = std::min_element(measured.begin(), measured.end(), [](const auto& a, const auto& b) {
    return *a.free_energy_gap < *b.free_energy_gap;
  });
  const double gap = *measured.back().free_energy_gap;
  const double rise = gap - *least->free_energy_gap;
  if (gap <= 0 || rise <= kGapRise) return std::nullopt;
  return finding(
      fmt::format("the free-energy gap of validation cases grew by {:.1f} nats since epoch {}: the layer over-fits",
                  rise, least->epoch),
      rise, Severity::warning,
      fmt::format("a larger --weight-cost, early stopping by --patience or --epochs {}, or fewer units in --layers",
                  least->epoch));
}

Diagnosis rising_error(const Patient& p) {
  if (p.history.size() < kFewestEpochs) return std::nullopt;
  const auto least = std::min_element(p.history.begin(), p.history.end(), [](const auto& a, const auto& b) {
    return a.reconstruction_error < b.reconstruction_error;
  });
  const double rise = p.history.back().reconstruction_error / least->reconstruction_error - 1;
  if (!(rise > kErrorRise) || !std::isfinite(rise)) return std::nullopt;
  return finding(fmt::format("the reconstruction error rose by {:.0f} % since epoch {}: training drifts apart",
                             100 * rise, least->epoch),
                 rise, Severity::warning, "a smaller --learning-rate, or a --schedule that lowers it");
}

// Where the likelihood is largest, model and data have the same mean energy.
Diagnosis chain_mixing(const Patient& p) {
  if (!p.evidence.chain_free_energy || !p.evidence.data_free_energy) return std::nullopt;
  const double above = *p.evidence.chain_free_energy - *p.evidence.data_free_energy;
  if (std::abs(above) <= kChainGap) return std::nullopt;
  return finding(fmt::format("the chains' free energy is {:.1f} nats {} that of the data: they {}", std::abs(above),
                             above < 0 ? "below" : "above",
                             above < 0 ? "are caught where no data are" : "do not follow the model"),
                 above, Severity::warning,
                 "a smaller --learning-rate, more Gibbs steps by --cd-k, or --estimator pt, whose chains mix");
}

Diagnosis replica_swaps(const Patient& p) {
  const Vector& rates = p.evidence.swap_rates;
  if (rates.size() == 0) return std::nullopt;
  const auto least = static_cast<double>(rates.minCoeff());
  if (least >= kLeastSwapRate) return std::nullopt;
  return finding(
      fmt::format("replicas hardly swap: of one pair of temperatures only {:.1f} % of the attempts are taken",
                  100 * least),
      least, Severity::warning, "more --replicas, whose temperatures are closer");
}

Diagnosis unscaled_gaussian(const Patient& p) {
  const auto* rbm = std::get_if<Rbm>(&p.layer);
  if (p.inputs == nullptr || p.number != 1 || rbm == nullptr || rbm->visible->name() != "gaussian") return std::nullopt;
  Moments moments(p.inputs->rows());
  for (Index c = 0; c < p.inputs->cols(); ++c) moments.add(p.inputs->col(c).cast<double>());
  const Eigen::ArrayXd variance = moments.variance();
  const Index varying = (variance > 0).count();  // what is constant cannot be standardised
  if (varying == 0) return std::nullopt;
  const double mean = variance.sum() / static_cast<double>(varying);
  if (mean <= kVarianceFactor && mean >= 1 / kVarianceFactor) return std::nullopt;
  return finding(fmt::format("gaussian visible units expect data of variance 1, found {:.3g}", mean), mean,
                 Severity::warning, "--scale standardize, or --visible gaussian-learned");
}

// To add a check: a function and a row.
constexpr Diagnosis (*kChecks[])(const Patient&) = {
    &unscaled_gaussian, &units_never_on, &units_always_on, &units_alike,  &saturation,
    &update_size,       &rising_error,   &free_energy_gap, &chain_mixing, &replica_swaps,
};

// Findings of a layer whose codes are known.
std::vector<Finding> findings_of(const Patient& patient) {
  std::vector<Finding> findings;
  for (const auto& check : kChecks) {
    Diagnosis found = check(patient);
    if (!found) continue;
    found->layer = patient.number;
    findings.push_back(std::move(*found));
  }
  return findings;
}

Matrix codes_of(const StackLayer& layer, const Matrix& inputs) {
  Matrix codes(hidden_count(layer), inputs.cols());
  encode_into(layer, inputs, codes);
  return codes;
}

}  // namespace

std::vector<Finding> examine(const StackLayer& layer, Index number, const Matrix* inputs,
                             std::span<const PretrainEpoch> history, const TrainingEvidence& evidence) {
  if (inputs == nullptr || inputs->cols() == 0)
    return findings_of({layer, number, nullptr, nullptr, history, evidence});
  if (inputs->rows() != visible_count(layer))
    throw InvalidArgument(
        fmt::format("layer {}: expected cases of {} inputs, found {}", number, visible_count(layer), inputs->rows()));
  const Matrix codes = codes_of(layer, *inputs);
  return findings_of({layer, number, inputs, &codes, history, evidence});
}

std::vector<Finding> examine(const Stack& stack, const CaseSource* cases,
                             const std::vector<std::vector<PretrainEpoch>>& history,
                             const std::vector<TrainingEvidence>& evidence) {
  Matrix inputs;
  if (cases != nullptr) {
    const auto chosen = spread_cases(cases->case_count(), kMostCases);
    inputs.resize(cases->feature_count(), std::ssize(chosen));
    cases->gather_into(chosen, inputs);
  }
  std::vector<Finding> all;
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    const auto of_layer = i < history.size() ? std::span(history[i]) : std::span<const PretrainEpoch>();
    auto found = examine(stack.layers[i], static_cast<Index>(i) + 1, cases != nullptr ? &inputs : nullptr, of_layer,
                         i < evidence.size() ? evidence[i] : TrainingEvidence{});
    std::move(found.begin(), found.end(), std::back_inserter(all));
    if (cases != nullptr && i + 1 < stack.layers.size()) inputs = codes_of(stack.layers[i], inputs);
  }
  return all;
}

}  // namespace dbn
