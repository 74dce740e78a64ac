#include <dbn/rbm/pseudo_likelihood.hpp>

#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/product.hpp>
#include <dbn/core/random.hpp>

namespace dbn {
namespace {

constexpr Index kTile = 16;  // cases whose hidden inputs stay in cache while their units are flipped

void check(const Rbm& rbm, const ConstMatrixRef& cases, const PseudoLikelihoodOptions& options) {
  if (!has_pseudo_likelihood(rbm))
    throw InvalidArgument(
        fmt::format("pseudo-likelihood: expected visible units of two states each, found {}", rbm.visible->name()));
  if (cases.rows() != rbm.visible_count() || cases.cols() < 1)
    throw InvalidArgument(fmt::format("pseudo-likelihood: expected cases of {} features, found {} x {}",
                                      rbm.visible_count(), cases.rows(), cases.cols()));
  if (options.sampled < 0)
    throw InvalidArgument(
        fmt::format("pseudo-likelihood: expected 0 or more sampled units, found {}", options.sampled));
}

/// What flips need: the rows of W as columns, the two states of a unit, and the draws of units.
class Flips {
 public:
  Flips(const Rbm& rbm, const PseudoLikelihoodOptions& options)
      : rbm_(rbm),
        rows_(rbm.weights.transpose()),
        options_(options),
        stream_(options.seed, Purpose::pseudo_likelihood) {
    Vector state(1);
    rbm.visible->state_into(0, state);
    low_ = state[0];
    rbm.visible->state_into(1, state);
    high_ = state[0];
  }

  Index rounds() const { return options_.sampled > 0 ? options_.sampled : rbm_.visible_count(); }

  /// Sum of log p(v_i | others) over cases and rounds; `inputs` are the hidden units' total inputs (hidden x cases).
  double sum(const ConstMatrixRef& cases, const ConstMatrixRef& inputs, Index first) const {
    double total = 0;
    std::vector<Index> units(static_cast<std::size_t>(cases.cols()));
    for (Index round = 0; round < rounds(); ++round) {
      for (std::size_t c = 0; c < units.size(); ++c) units[c] = unit(round, first + static_cast<Index>(c));
      const Eigen::VectorXd low = log_partition_at(low_, units, cases, inputs);
      const Eigen::VectorXd high = log_partition_at(high_, units, cases, inputs);
      for (std::size_t c = 0; c < units.size(); ++c) {
        const auto at = static_cast<Index>(c);
        // log-odds of the high state: F(low) - F(high)
        const double odds =
            static_cast<double>(rbm_.visible_bias[units[c]]) * static_cast<double>(high_ - low_) + high[at] - low[at];
        const double share = static_cast<double>(cases(units[c], at) - low_) / static_cast<double>(high_ - low_);
        total += share * odds - softplus(odds);
      }
    }
    return total;
  }

 private:
  Index unit(Index round, Index at) const {
    if (options_.sampled == 0) return round;
    return stream_.below(static_cast<std::uint32_t>(rbm_.visible_count()),
                         {.update = static_cast<std::uint32_t>(round),
                          .instance = options_.first_case + static_cast<std::uint32_t>(at)});
  }

  /// Of the hidden layer, with one unit of each case set to `state`.
  Eigen::VectorXd log_partition_at(Scalar state, const std::vector<Index>& units, const ConstMatrixRef& cases,
                                   const ConstMatrixRef& inputs) const {
    Matrix changed(inputs.rows(), inputs.cols());
    for (std::size_t c = 0; c < units.size(); ++c) {
      const auto at = static_cast<Index>(c);
      changed.col(at) = inputs.col(at) + (state - cases(units[c], at)) * rows_.col(units[c]);
    }
    return rbm_.hidden->log_partition(changed);
  }

  const Rbm& rbm_;
  Matrix rows_;
  PseudoLikelihoodOptions options_;
  Stream stream_;
  Scalar low_ = 0, high_ = 1;
};

}  // namespace

bool has_pseudo_likelihood(const Rbm& rbm) { return rbm.visible->separable() && rbm.visible->state_count(1) == 2; }

double log_pseudo_likelihood(const Rbm& rbm, const ConstMatrixRef& cases, const PseudoLikelihoodOptions& options) {
  check(rbm, cases, options);
  Matrix inputs(rbm.hidden_count(), cases.cols());
  multiply_add_into(transposed(rbm.weights), plain(cases), rbm.hidden_bias, inputs, kNoEpilogue);
  const Flips flips(rbm, options);
  const Tiles tiles(cases.cols(), kTile, 1);
  Eigen::VectorXd sums(tiles.count());
  parallel_for(tiles.count(), [&](Index t) {
    const Index first = tiles.first(t), count = tiles.length(t);
    sums[t] = flips.sum(cases.middleCols(first, count), inputs.middleCols(first, count), first);
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  const auto terms = static_cast<double>(cases.cols()) * static_cast<double>(flips.rounds());
  return total / terms * static_cast<double>(rbm.visible_count());
}

}  // namespace dbn
