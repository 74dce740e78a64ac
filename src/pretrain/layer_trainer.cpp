#include <dbn/pretrain/layer_trainer.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>

#include "trainer_table.hpp"

namespace dbn {
namespace {

constexpr Index kSummaryBatch = 256;
// Of a sparse autoencoder that is told nothing else [Ng 2011, lecture notes].
constexpr double kSparseTarget = 0.05;
constexpr double kSparseCost = 3;
// What schedules and retries are told where line searches find the steps, which ignore it.
constexpr double kNoRate = 1;

// Each kind takes the options that are named for it, and leaves the others'.

detail::AutoencoderVariant plain_variant(const LayerOptions&) { return {}; }

detail::AutoencoderVariant denoising_variant(const LayerOptions& o) {
  return {.corruption = o.corruption, .emphasis = o.emphasis};
}

detail::AutoencoderVariant contractive_variant(const LayerOptions& o) {
  return {.penalties = {.contraction = o.contraction}};
}

detail::AutoencoderVariant sparse_variant(const LayerOptions& o) {
  const double target = o.divergence.sparsity_target > 0 ? o.divergence.sparsity_target : kSparseTarget;
  return {.penalties = {.sparsity_target = target,
                        .sparsity_cost = o.divergence.sparsity_cost.value_or(kSparseCost),
                        .code_l1 = o.code_l1}};
}

// Hinton 2012 §7 and §13: what a gradient without bounds allows is less than what probabilities do.
double rbm_rate(const LayerOptions& options) {
  return std::min(unit_type(options.visible)->default_rate(), unit_type(options.hidden)->default_rate());
}
double autoencoder_rate(const LayerOptions& options) {
  const double own = optimizer(options.optimizer).default_rate;
  return own > 0 ? own : kNoRate;
}

std::string rbm_activation(const LayerOptions& options) {
  std::string name(unit_type(options.hidden)->activation());
  if (name.empty())
    throw InvalidArgument(fmt::format("--hidden {}: no layer of a net computes such units; a net can start from {}",
                                      options.hidden, "bernoulli, bipolar, gaussian, relu and relu6 ones"));
  return name;
}
std::string code_activation(const LayerOptions& options) { return options.activation; }

template <detail::AutoencoderVariant (*variant)(const LayerOptions&)>
Pretrainer autoencoder_row(const char* name, const char* source) {
  return {.name = name,
          .source = source,
          .make = [](const LayerOptions& o, const InputSummary& input,
                     std::uint64_t seed) { return detail::make_autoencoder_trainer(o, input, seed, variant(o)); },
          .default_rate = &autoencoder_rate,
          .activation = &code_activation,
          .memory = [](const LayerOptions& o) { return detail::autoencoder_memory(o, variant(o)); },
          .check = [](const LayerOptions& o) { detail::check_autoencoder(o, variant(o)); }};
}

}  // namespace

const std::vector<Pretrainer>& pretrainers() {
  static const std::vector<Pretrainer> table{
      {"rbm", "Hinton, Osindero & Teh 2006", &detail::make_rbm_trainer, &rbm_rate, &rbm_activation, &detail::rbm_memory,
       nullptr},
      autoencoder_row<&plain_variant>("autoencoder", "Bengio et al. 2007"),
      autoencoder_row<&denoising_variant>("denoising", "Vincent et al. 2010"),
      autoencoder_row<&contractive_variant>("contractive", "Rifai et al. 2011"),
      autoencoder_row<&sparse_variant>("sparse", "Lee et al. 2008; Ng 2011"),
  };
  return table;
}

const Pretrainer& pretrainer(std::string_view name) { return row_named(pretrainers(), name, "pretrainer"); }

std::vector<std::string> pretrainer_names() { return row_names(pretrainers()); }

InputSummary unknown_inputs(Index features) {
  return {.features = {.mean = Vector::Constant(features, Scalar{0.5}),
                       .variance = Vector::Ones(features),
                       .least = Vector::Zero(features),
                       .most = Vector::Ones(features)},
          .known = false};
}

InputSummary summarize(const CaseSource& cases) {
  Matrix batch(cases.feature_count(), kSummaryBatch);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(cases.feature_count());
  Eigen::VectorXd squares = sum;
  FeatureSummary summary;
  const auto all = all_cases(cases.case_count());
  for_each_batch(all, kSummaryBatch, [&](Index first, std::span<const Index> part) {
    MatrixRef block = batch.leftCols(static_cast<Index>(part.size()));
    cases.gather_into(part, block);
    sum += block.cast<double>().rowwise().sum();
    squares += block.cast<double>().rowwise().squaredNorm();
    const Vector least = block.rowwise().minCoeff(), most = block.rowwise().maxCoeff();
    summary.least = first == 0 ? least : Vector(summary.least.cwiseMin(least));
    summary.most = first == 0 ? most : Vector(summary.most.cwiseMax(most));
  });
  const auto count = static_cast<double>(cases.case_count());
  sum /= count;
  summary.mean = sum.cast<Scalar>();
  summary.variance = (squares / count - sum.cwiseAbs2()).cwiseMax(0.0).cast<Scalar>();
  return {.features = std::move(summary)};
}

// The batch, sums of features and of their squares, and what is made of them.
double summary_memory(Index features) {
  return static_cast<double>(features) * (sizeof(Scalar) * (kSummaryBatch + 6.0) + 2 * sizeof(double));
}

}  // namespace dbn
