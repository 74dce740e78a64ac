#include <dbn/pretrain/variational_bound.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/product.hpp>
#include <dbn/core/random.hpp>
#include <dbn/rbm/exact_likelihood.hpp>

namespace dbn {
namespace {

constexpr std::uint32_t kFirstStream = 16;  // of Purpose::annealing; those before are of the chains
constexpr Index kTile = 16;                 // cases drawn together

const Rbm& rbm_at(const Stack& stack, std::size_t layer) { return std::get<Rbm>(stack.layers[layer]); }

/// States of a layer's hidden units given its visible ones, case by case.
Matrix draw_hidden(const Rbm& rbm, const Matrix& visible, const Stream& stream, Position first) {
  const Matrix statistics = rbm.statistics(visible);
  Matrix input(rbm.hidden_count(), visible.cols()), states(rbm.hidden_count(), visible.cols());
  multiply_add_into(transposed(rbm.weights), plain(statistics), rbm.hidden_bias, input, kNoEpilogue);
  const Tiles tiles(visible.cols(), kTile, 1);
  parallel_for(tiles.count(), [&](Index t) {
    const Index from = tiles.first(t), count = tiles.length(t);
    const Position at{first.update, first.instance + static_cast<std::uint32_t>(from), first.unit};
    rbm.hidden->mean_and_states(stream, at, input.middleCols(from, count), states.middleCols(from, count));
  });
  return states;
}

// For a draw h of q given v, log p(v | h) - log q(h | v) = log p(v) - log p(h), both of the layer's RBM, in which the
// coupling v'W h of either conditional is gone. So each layer exchanges its RBM's p(h) for what the layers above make
// of h: -F(h) of the next RBM, as yet without its log Z, which the layer after that takes back.
double log_weight_sum(const Stack& stack, const ConstMatrixRef& cases, Index draw,
                      const VariationalBoundOptions& options) {
  Eigen::VectorXd log_weights = -rbm_at(stack, 0).free_energy(cases);
  Matrix states = cases;
  for (std::size_t layer = 0; layer + 1 < stack.layers.size(); ++layer) {
    const Rbm& rbm = rbm_at(stack, layer);
    const Stream stream(options.seed, Purpose::annealing, kFirstStream + static_cast<std::uint32_t>(layer));
    states = draw_hidden(rbm, states, stream, {static_cast<std::uint32_t>(draw), options.first_case, 0});
    log_weights += hidden_free_energy(rbm, states) - rbm_at(stack, layer + 1).free_energy(states);
  }
  return log_weights.sum();
}

}  // namespace

double variational_bound(const Stack& stack, const ConstMatrixRef& cases, double log_partition,
                         const VariationalBoundOptions& options) {
  check_belief_net(stack);
  if (cases.rows() != stack.feature_count() || cases.cols() < 1)
    throw InvalidArgument(fmt::format("variational bound: expected cases of {} features, found {} x {}",
                                      stack.feature_count(), cases.rows(), cases.cols()));
  if (options.draws < 1)
    throw InvalidArgument(fmt::format("variational bound: expected at least one draw, found {}", options.draws));
  const Index draws = stack.layers.size() > 1 ? options.draws : 1;  // one RBM needs none
  double sum = 0;
  for (Index draw = 0; draw < draws; ++draw) sum += log_weight_sum(stack, cases, draw, options);
  return sum / static_cast<double>(draws * cases.cols()) - log_partition;
}

void check_belief_net(const Stack& stack) {
  stack.check();
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    const auto refuse = [&](const std::string& what) {
      throw InvalidArgument(
          fmt::format("belief net: expected a stack of RBMs whose units agree, found {} as layer {}; "
                      "try the likelihood of one RBM alone (--layer)",
                      what, i + 1));
    };
    const auto* rbm = std::get_if<Rbm>(&stack.layers[i]);
    if (rbm == nullptr) refuse("an autoencoder");
    if (rbm->visible->replicated()) refuse(fmt::format("{} visible units", rbm->visible->name()));
    if (i + 1 < stack.layers.size() && !rbm->hidden->exact())
      refuse(fmt::format("{} hidden units, which have no energy,", rbm->hidden->name()));
    if (i > 0 && rbm->visible->name() != rbm_at(stack, i - 1).hidden->name())
      refuse(fmt::format("{} visible units over {} ones", rbm->visible->name(), rbm_at(stack, i - 1).hidden->name()));
  }
}

}  // namespace dbn
