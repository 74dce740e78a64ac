#include <dbn/pretrain/layer_trainer.hpp>

#include <algorithm>

#include <dbn/core/table.hpp>

#include "trainer_table.hpp"

namespace dbn {
namespace {

constexpr Index kSummaryBatch = 256;

std::unique_ptr<LayerTrainer> make_plain(const LayerOptions& options, const InputSummary& input, std::uint64_t seed) {
  return detail::make_autoencoder_trainer(options, input, seed, "none");
}

std::unique_ptr<LayerTrainer> make_denoising(const LayerOptions& options, const InputSummary& input,
                                             std::uint64_t seed) {
  return detail::make_autoencoder_trainer(options, input, seed, options.corruption);
}

double rbm_rate(const LayerOptions& options) {
  return std::min(unit_type(options.visible)->default_rate(), unit_type(options.hidden)->default_rate());
}
double autoencoder_rate(const LayerOptions&) { return 0.05; }

std::string rbm_activation(const LayerOptions& options) { return std::string(unit_type(options.hidden)->activation()); }
std::string code_activation(const LayerOptions& options) { return options.activation; }

}  // namespace

const std::vector<Pretrainer>& pretrainers() {
  static const std::vector<Pretrainer> table{
      {"rbm", "Hinton, Osindero & Teh 2006", &detail::make_rbm_trainer, &rbm_rate, &rbm_activation,
       &detail::rbm_memory},
      {"autoencoder", "Bengio et al. 2007", &make_plain, &autoencoder_rate, &code_activation,
       &detail::autoencoder_memory},
      {"denoising", "Vincent et al. 2010", &make_denoising, &autoencoder_rate, &code_activation,
       &detail::autoencoder_memory},
  };
  return table;
}

const Pretrainer& pretrainer(std::string_view name) { return row_named(pretrainers(), name, "pretrainer"); }

std::vector<std::string> pretrainer_names() { return row_names(pretrainers()); }

InputSummary neutral_inputs(Index features) { return {.mean = Vector::Constant(features, Scalar{0.5}), .most = 1}; }

InputSummary summarize(const CaseSource& cases) {
  Matrix batch(cases.feature_count(), kSummaryBatch);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(cases.feature_count());
  InputSummary summary;
  const auto all = all_cases(cases.case_count());
  for_each_batch(all, kSummaryBatch, [&](Index first, std::span<const Index> part) {
    MatrixRef block = batch.leftCols(static_cast<Index>(part.size()));
    cases.gather_into(part, block);
    sum += block.cast<double>().rowwise().sum();
    summary.least = first == 0 ? block.minCoeff() : std::min(summary.least, block.minCoeff());
    summary.most = first == 0 ? block.maxCoeff() : std::max(summary.most, block.maxCoeff());
  });
  summary.mean = (sum / static_cast<double>(cases.case_count())).cast<Scalar>();
  return summary;
}

// The batch, and sums and means of features.
double summary_memory(Index features) {
  return static_cast<double>(features) * (sizeof(Scalar) * (kSummaryBatch + 1.0) + sizeof(double));
}

}  // namespace dbn
