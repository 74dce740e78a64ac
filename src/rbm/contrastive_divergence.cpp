#include <dbn/rbm/contrastive_divergence.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
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
  visible_gradient_.resize(rbm.visible_count());
  visible_sums_.resize(rbm.visible_count());
  hidden_gradient_.resize(rbm.hidden_count());
  if (persistent_) start_chains();
}

// A chain starts where the hidden biases alone put it.
void ContrastiveDivergence::start_chains() {
  chains_.resize(rbm_.hidden_count(), options_.chains);
  Matrix mean = rbm_.hidden_bias.replicate(1, options_.chains);
  rbm_.hidden->mean_and_states(chain_stream_, {}, mean, chains_);
}

MatrixRef ContrastiveDivergence::input(Index cases) {
  if (cases < 1 || cases > hidden_states_.cols())
    throw InvalidArgument(fmt::format("batch: expected 1 to {} cases, found {}", hidden_states_.cols(), cases));
  return visible_.leftCols(cases);
}

void ContrastiveDivergence::gradient(const ConstMatrixRef& batch, std::uint32_t update, GradientSink sink) {
  const Index cases = batch.cols();
  if (batch.rows() != rbm_.visible_count() || cases < 1 || cases > hidden_states_.cols())
    throw InvalidArgument(fmt::format("batch: expected {} features and 1 to {} cases, found {} x {}",
                                      rbm_.visible_count(), hidden_states_.cols(), batch.rows(), cases));
  if (batch.data() != visible_.data()) visible_.leftCols(cases) = batch;
  positive_phase(cases, update);
  if (persistent_)
    negative_phase(chains_, cases, update);
  else
    negative_phase(hidden_states_.leftCols(cases), cases, update);

  const Index columns = cases + (persistent_ ? options_.chains : cases);
  multiply_by_columns(plain(visible_.leftCols(columns)), transposed(hidden_.leftCols(columns)),
                      [&](Index first, const ConstMatrixRef& tile) { sink(0, first, tile); });
  sink(1, 0, visible_gradient_);
  sink(2, 0, hidden_gradient_);
}

// The batch is averaged here, and the fantasies where the negative phase ends: means leave the cache with their weight
// in the gradient's product, -1/cases or 1/fantasies.
void ContrastiveDivergence::positive_phase(Index cases, std::uint32_t update) {
  const MatrixRef data = visible_.leftCols(cases);
  const auto weigh = [&](Index, MatrixRef tile) { tile *= Scalar{-1} / static_cast<Scalar>(cases); };
  if (persistent_)
    rbm_.hidden_mean_into(data, hidden_.leftCols(cases), weigh);
  else
    rbm_.hidden_mean_and_states_into(data, hidden_stream_, gibbs_position(update, options_.cd_k, 0),
                                     hidden_.leftCols(cases), hidden_states_.leftCols(cases), weigh);
}

void ContrastiveDivergence::negative_phase(MatrixRef hidden_states, Index cases, std::uint32_t update) {
  for (Index step = 1; step < options_.cd_k; ++step)
    gibbs_step(hidden_states, cases, update, step, kNoEpilogue, kNoEpilogue);

  const auto fantasies = static_cast<Scalar>(hidden_states.cols());
  gibbs_step(
      hidden_states, cases, update, options_.cd_k,
      [&](Index first, MatrixRef tile) {
        VectorRef sums = visible_gradient_.segment(first, tile.rows());
        VectorRef of_data = visible_sums_.segment(first, tile.rows());
        row_sums_into(tile, sums);
        row_sums_into(visible_.block(first, 0, tile.rows(), cases), of_data);
        sums = sums / fantasies - of_data / static_cast<Scalar>(cases);
      },
      [&](Index first, MatrixRef tile) {
        tile *= Scalar{1} / fantasies;
        row_sums_into(hidden_.block(first, 0, tile.rows(), cases + hidden_states.cols()),
                      hidden_gradient_.segment(first, tile.rows()));
      });
}

// Hidden states to visible and back. The last step of cd needs no sample; a persistent chain goes on from one.
void ContrastiveDivergence::gibbs_step(MatrixRef hidden_states, Index cases, std::uint32_t update, Index step,
                                       RowTileEpilogue with_visible, RowTileEpilogue with_hidden) {
  MatrixRef visible = visible_.middleCols(cases, hidden_states.cols());
  MatrixRef hidden = hidden_.middleCols(cases, hidden_states.cols());
  const std::uint32_t visible_position = gibbs_position(update, options_.cd_k, step - 1);
  if (sampled_)
    rbm_.visible_mean_and_states_into(hidden_states, visible_stream_, visible_position, visible, visible, with_visible);
  else
    rbm_.visible_mean_into(hidden_states, visible, with_visible);
  if (!persistent_ && step == options_.cd_k)
    rbm_.hidden_mean_into(visible, hidden, with_hidden);
  else
    rbm_.hidden_mean_and_states_into(visible, hidden_stream_, persistent_ ? visible_position : visible_position + 1,
                                     hidden, hidden_states, with_hidden);
}

TensorList ContrastiveDivergence::state() {
  if (!persistent_) return {};
  return {named("chains", chains_)};
}

double contrastive_divergence_memory(Index visible, Index hidden, Index batch, Index fantasies) {
  const double columns = static_cast<double>(batch) + static_cast<double>(fantasies);
  const auto units = static_cast<double>(visible) + static_cast<double>(hidden);
  return sizeof(Scalar) * (units * (columns + 2) + static_cast<double>(hidden) * static_cast<double>(batch));
}

}  // namespace dbn
