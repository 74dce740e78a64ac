#include <dbn/rbm/contrastive_divergence.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/product.hpp>

namespace dbn {
namespace {

constexpr Index kMostSteps = 1000;

// Position of Gibbs step `step` (from 0) of an update in a stream: all steps of all updates are distinct.
std::uint32_t gibbs_position(std::uint32_t update, Index steps, Index step) {
  return update * static_cast<std::uint32_t>(steps) + static_cast<std::uint32_t>(step);
}

void check(const ContrastiveDivergenceOptions& options) {
  const auto& known = estimator_names();
  if (std::find(known.begin(), known.end(), options.estimator) == known.end())
    throw InvalidArgument(
        fmt::format("estimator: expected one of {}, found '{}'", fmt::join(known, ", "), options.estimator));
  if (options.cd_k < 1 || options.cd_k > kMostSteps)
    throw InvalidArgument(fmt::format("cd_k: expected 1 to {}, found {}", kMostSteps, options.cd_k));
  if (options.chains < 1) throw InvalidArgument(fmt::format("chains: expected at least 1, found {}", options.chains));
}

}  // namespace

const std::vector<std::string>& estimator_names() {
  static const std::vector<std::string> names{"cd", "pcd"};
  return names;
}

ContrastiveDivergence::ContrastiveDivergence(const Rbm& rbm, const ContrastiveDivergenceOptions& options, Index batch,
                                             std::uint64_t seed, std::uint32_t layer)
    : rbm_(rbm),
      options_(options),
      hidden_stream_(seed, Purpose::hidden_states, layer),
      visible_stream_(seed, Purpose::visible_states, layer),
      chain_stream_(seed, Purpose::chain_start, layer),
      persistent_(options.estimator == "pcd"),
      sampled_(persistent_ || options.sample_visible) {
  check(options);
  const Index fantasies = persistent_ ? options.chains : batch;
  visible_.resize(rbm.visible_count(), batch + fantasies);
  hidden_.resize(rbm.hidden_count(), batch + fantasies);
  hidden_states_.resize(rbm.hidden_count(), batch);
  if (persistent_) start_chains();
}

// A chain starts where the hidden biases alone put it.
void ContrastiveDivergence::start_chains() {
  chains_.resize(rbm_.hidden_count(), options_.chains);
  Matrix mean = rbm_.hidden_bias.replicate(1, options_.chains);
  rbm_.hidden->mean_and_states(chain_stream_, {}, mean, chains_);
}

void ContrastiveDivergence::gradient(const ConstMatrixRef& batch, std::uint32_t update, GradientSink sink) {
  const Index cases = batch.cols();
  if (batch.rows() != rbm_.visible_count() || cases < 1 || cases > hidden_states_.cols())
    throw InvalidArgument(fmt::format("batch: expected {} features and 1 to {} cases, found {} x {}",
                                      rbm_.visible_count(), hidden_states_.cols(), batch.rows(), cases));
  positive_phase(batch, update);
  if (persistent_)
    negative_phase(chains_, cases, update);
  else
    negative_phase(hidden_states_.leftCols(cases), cases, update);

  // The one place where averages are taken.
  const Index fantasies = persistent_ ? options_.chains : cases;
  const MatrixRef visible = visible_.leftCols(cases + fantasies);
  const MatrixRef hidden = hidden_.leftCols(cases + fantasies);
  hidden_.leftCols(cases) *= Scalar{-1} / static_cast<Scalar>(cases);
  hidden_.middleCols(cases, fantasies) *= Scalar{1} / static_cast<Scalar>(fantasies);
  multiply_by_columns(plain(visible), transposed(hidden),
                      [&](Index first, const ConstMatrixRef& tile) { sink(0, first, tile); });
  sink(1, 0, visible.rightCols(fantasies).rowwise().mean() - visible.leftCols(cases).rowwise().mean());
  sink(2, 0, hidden.rowwise().sum());
}

void ContrastiveDivergence::positive_phase(const ConstMatrixRef& batch, std::uint32_t update) {
  const Index cases = batch.cols();
  visible_.leftCols(cases) = batch;
  if (persistent_)
    rbm_.hidden_mean_into(batch, hidden_.leftCols(cases));
  else
    rbm_.hidden_mean_and_states_into(batch, hidden_stream_, gibbs_position(update, options_.cd_k, 0),
                                     hidden_.leftCols(cases), hidden_states_.leftCols(cases));
}

void ContrastiveDivergence::negative_phase(MatrixRef hidden_states, Index batch, std::uint32_t update) {
  const Index fantasies = hidden_states.cols();
  MatrixRef visible = visible_.middleCols(batch, fantasies);
  MatrixRef hidden = hidden_.middleCols(batch, fantasies);
  for (Index step = 1; step <= options_.cd_k; ++step) {
    if (sampled_)
      rbm_.visible_mean_and_states_into(hidden_states, visible_stream_, gibbs_position(update, options_.cd_k, step - 1),
                                        visible, visible);
    else
      rbm_.visible_mean_into(hidden_states, visible);
    // The last hidden update of cd needs no sample; a persistent chain goes on from one.
    if (persistent_)
      rbm_.hidden_mean_and_states_into(visible, hidden_stream_, gibbs_position(update, options_.cd_k, step - 1), hidden,
                                       hidden_states);
    else if (step < options_.cd_k)
      rbm_.hidden_mean_and_states_into(visible, hidden_stream_, gibbs_position(update, options_.cd_k, step), hidden,
                                       hidden_states);
    else
      rbm_.hidden_mean_into(visible, hidden);
  }
}

TensorList ContrastiveDivergence::state() {
  if (!persistent_) return {};
  return {named("chains", chains_)};
}

}  // namespace dbn
