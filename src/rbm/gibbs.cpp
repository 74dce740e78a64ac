#include <dbn/rbm/gibbs.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/random.hpp>

namespace dbn {
namespace {

constexpr double kMost = 1e9;  // updates and blocks of a stream are counted in 32 and 24 bits

// Chains of one block, which has a stream of its own: whatever other blocks there are, they walk the same way. The
// start is update 0; step s draws hidden units at 2 s - 1 and visible ones at 2 s.
Stream stream_of(std::uint64_t seed, Index first_chain) {
  return {seed, Purpose::generation, static_cast<std::uint32_t>(first_chain / kChainBlock)};
}

void start_from_biases(const Rbm& rbm, const Stream& stream, MatrixRef visible) {
  visible = rbm.visible_bias.replicate(1, visible.cols());
  rbm.visible->mean_and_states(stream, {}, visible, visible, rbm.visible_context());
}

void walk(const Rbm& rbm, const GibbsOptions& options, const Stream& stream, MatrixRef visible) {
  const Vector counts = rbm.counts_of(visible);
  const Vector* given = counts.size() > 0 ? &counts : nullptr;
  Matrix hidden(rbm.hidden_count(), visible.cols());  // means, replaced by states
  for (Index step = 1; step <= options.steps; ++step) {
    const auto at = static_cast<std::uint32_t>(2 * step);
    rbm.to_statistics(visible);
    rbm.hidden_mean_and_states_into(visible, stream, at - 1, hidden, hidden, kNoEpilogue, given);
    if (step < options.steps || options.states)
      rbm.visible_mean_and_states_into(hidden, stream, at, visible, visible, kNoEpilogue, given);
    else
      rbm.visible_mean_into(hidden, visible, kNoEpilogue, given);
  }
}

void check_start(const Rbm& rbm, const GibbsOptions& options, const Matrix* start) {
  if (start == nullptr && rbm.visible->replicated())
    throw InvalidArgument(fmt::format(
        "sample: {} units have documents of some length, which biases do not tell; start the chains from data",
        rbm.visible->name()));
  if (start != nullptr && (start->rows() != rbm.visible_count() || start->cols() != options.count))
    throw InvalidArgument(fmt::format("sample: expected {} units and {} chains to start from, found {} x {}",
                                      rbm.visible_count(), options.count, start->rows(), start->cols()));
}

}  // namespace

OptionFields GibbsOptions::fields() {
  return {
      {.name = "count",
       .value = &count,
       .help = "draws, each the end of a Gibbs chain of its own",
       .range = {1, kMost}},
      {.name = "gibbs", .value = &steps, .help = "Gibbs steps of each chain", .range = {1, kMost}},
      {.name = "states", .value = &states, .help = "end in states of the visible units, not in their means"},
  };
}

void GibbsOptions::validate() const {
  GibbsOptions copy = *this;
  check_options(copy.fields());
  if (first < 0 || first % kChainBlock != 0 || static_cast<double>(first) > kMost)
    throw InvalidArgument(
        fmt::format("first: expected a multiple of {} from 0 to {}, found {}", kChainBlock, kMost, first));
}

Matrix sample(const Rbm& rbm, const GibbsOptions& options, std::uint64_t seed, const Matrix* start) {
  options.validate();
  check_start(rbm, options, start);
  Matrix draws(rbm.visible_count(), options.count);
  if (start != nullptr) draws = *start;
  for (Index first = 0; first < options.count; first += kChainBlock) {
    MatrixRef block = draws.middleCols(first, std::min(kChainBlock, options.count - first));
    const Stream stream = stream_of(seed, options.first + first);
    if (start == nullptr) start_from_biases(rbm, stream, block);
    walk(rbm, options, stream, block);
    if (!all_finite(block))
      throw DivergenceError(fmt::format(
          "sample: chains passed all numbers within {} steps: {} units over {} ones with such weights have no "
          "distribution; try fewer steps, or train with a smaller rate",
          options.steps, rbm.hidden->name(), rbm.visible->name()));
  }
  return draws;
}

Matrix reconstruct(const Rbm& rbm, const ConstMatrixRef& cases, Index steps, std::uint64_t seed, Index first) {
  if (steps == 0) return rbm.reconstruct(cases);
  const Matrix start = cases;
  return sample(rbm, {.count = cases.cols(), .steps = steps, .states = false, .first = first}, seed, &start);
}

}  // namespace dbn
