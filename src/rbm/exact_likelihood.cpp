#include <dbn/rbm/exact_likelihood.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/product.hpp>

namespace dbn {
namespace {

constexpr Index kBlock = 1 << 10;  // states at a time
constexpr Index kParts = 16;       // sums of a gradient that are made side by side

double visible_state_count(const Rbm& rbm) { return rbm.visible->state_count(rbm.visible_count()); }

double hidden_state_count(const Rbm& rbm) {
  return rbm.hidden->exact() ? rbm.hidden->state_count(rbm.hidden_count()) : std::numeric_limits<double>::infinity();
}

/// All states of the smaller layer, block by block, with the logs of what they weigh in Z.
class Enumeration {
 public:
  Enumeration(const Rbm& rbm, const char* what, double most)
      : rbm_(rbm), over_visible_(visible_state_count(rbm) <= hidden_state_count(rbm)) {
    const double count = exact_state_count(rbm);
    if (rbm.visible->replicated())
      throw InvalidArgument(
          fmt::format("{}: of {} units it depends on how long a document is; try cross-validated "
                      "reconstruction instead",
                      what, rbm.visible->name()));
    if (!(count <= most))
      throw InvalidArgument(
          fmt::format("{}: expected a layer of at most {:.0f} states to sum over, found {} {} visible "
                      "and {} {} hidden units; try annealed importance sampling",
                      what, most, rbm.visible_count(), rbm.visible->name(), rbm.hidden_count(), rbm.hidden->name()));
    count_ = static_cast<Index>(count);
  }

  bool over_visible() const { return over_visible_; }
  Index blocks() const { return (count_ + kBlock - 1) / kBlock; }

  Matrix states(Index block) const {
    const Index first = block * kBlock;
    const UnitType& type = over_visible_ ? *rbm_.visible : *rbm_.hidden;
    Matrix columns(over_visible_ ? rbm_.visible_count() : rbm_.hidden_count(), std::min(kBlock, count_ - first));
    for (Index c = 0; c < columns.cols(); ++c) type.state_into(first + c, columns.col(c));
    return columns;
  }

  Eigen::VectorXd log_weights(const Matrix& states) const {
    return over_visible_ ? -rbm_.free_energy(states) : -hidden_free_energy(rbm_, states);
  }

  double log_partition() const {
    Eigen::VectorXd sums(blocks());
    parallel_for(blocks(), [&](Index b) { sums[b] = log_sum_exp(log_weights(states(b))); });
    return log_sum_exp(sums);
  }

 private:
  const Rbm& rbm_;
  bool over_visible_;
  Index count_ = 0;
};

/// Sums, over weighted states of both layers, of the slopes of -E along the parameters.
struct Slopes {
  Eigen::MatrixXd weights;
  Eigen::VectorXd visible_bias, hidden_bias, log_variance;

  explicit Slopes(const Rbm& rbm)
      : weights(Eigen::MatrixXd::Zero(rbm.visible_count(), rbm.hidden_count())),
        visible_bias(Eigen::VectorXd::Zero(rbm.visible_count())),
        hidden_bias(Eigen::VectorXd::Zero(rbm.hidden_count())),
        log_variance(Eigen::VectorXd::Zero(rbm.visible_log_variance.size())) {}

  void add(const Slopes& other) {
    weights += other.weights;
    visible_bias += other.visible_bias;
    hidden_bias += other.hidden_bias;
    log_variance += other.log_variance;
  }
};

// With z = log variance and t = v e^{-z}, -dE/dz = t (v/2 - a - W h). One layer's columns may be means given the
// other's states: E is linear in either, but for the square of v, whose expectation is above that of the mean by e^z
// `spread`.
void add_slopes(const Rbm& rbm, const Matrix& visible, const Matrix& hidden, const Eigen::VectorXd& weight,
                double spread, Slopes& sums) {
  const Matrix statistics = rbm.statistics(visible);
  const Vector w = weight.cast<Scalar>();
  const Matrix weighted = hidden * w.asDiagonal();
  Matrix products(visible.rows(), hidden.rows());
  multiply_into(plain(statistics), transposed(weighted), products);
  sums.weights += products.cast<double>();
  sums.visible_bias += statistics.cast<double>() * weight;
  sums.hidden_bias += weighted.cast<double>().rowwise().sum();
  if (sums.log_variance.size() == 0) return;
  Matrix input(visible.rows(), visible.cols());
  multiply_into(plain(rbm.weights), plain(hidden), input);
  input.colwise() += rbm.visible_bias;
  const Matrix slopes = statistics.cwiseProduct(visible / Scalar{2} - input);
  sums.log_variance += slopes.cast<double>() * weight;
  sums.log_variance.array() += spread / 2 * weight.sum();
}

Matrix hidden_means(const Rbm& rbm, const Matrix& visible) {
  Matrix means(rbm.hidden_count(), visible.cols());
  rbm.hidden_mean_into(rbm.statistics(visible), means);
  return means;
}

void add_block(const Rbm& rbm, const Enumeration& all, Index block, double log_partition, Slopes& sums) {
  const Matrix states = all.states(block);
  const Eigen::VectorXd probability = (all.log_weights(states).array() - log_partition).exp();
  if (all.over_visible()) return add_slopes(rbm, states, hidden_means(rbm, states), probability, 0, sums);
  Matrix means(rbm.visible_count(), states.cols());
  rbm.visible_mean_into(states, means);
  add_slopes(rbm, means, states, probability, 1, sums);
}

// Each part of the blocks has a sum of its own, and these are added in order.
Slopes model_slopes(const Rbm& rbm) {
  const Enumeration all(rbm, "exact gradient", kMostStatesForGradient);
  const double log_partition = all.log_partition();
  const Tiles parts(all.blocks(), (all.blocks() + kParts - 1) / kParts, 1);
  std::vector<Slopes> sums(static_cast<std::size_t>(parts.count()), Slopes(rbm));
  parallel_for(parts.count(), [&](Index p) {
    for (Index b = parts.first(p); b < parts.first(p) + parts.length(p); ++b)
      add_block(rbm, all, b, log_partition, sums[static_cast<std::size_t>(p)]);
  });
  for (std::size_t p = 1; p < sums.size(); ++p) sums[0].add(sums[p]);
  return std::move(sums[0]);
}

void check_cases(const ConstMatrixRef& cases, const char* what) {
  if (cases.cols() < 1) throw InvalidArgument(fmt::format("{}: expected at least one case, found none", what));
}

}  // namespace

double exact_state_count(const Rbm& rbm) {
  if (rbm.visible->replicated()) return std::numeric_limits<double>::infinity();
  return std::min(visible_state_count(rbm), hidden_state_count(rbm));
}

double exact_log_partition(const Rbm& rbm) { return Enumeration(rbm, "exact log Z", kMostExactStates).log_partition(); }

double exact_log_likelihood(const Rbm& rbm, const ConstMatrixRef& cases) {
  check_cases(cases, "exact likelihood");
  return -rbm.free_energy(cases).mean() - exact_log_partition(rbm);
}

void exact_gradient(const Rbm& rbm, const ConstMatrixRef& cases, GradientSink sink) {
  check_cases(cases, "exact gradient");
  Slopes sums = model_slopes(rbm);
  const Matrix data = cases;
  const Eigen::VectorXd share = Eigen::VectorXd::Constant(data.cols(), -1.0 / static_cast<double>(data.cols()));
  add_slopes(rbm, data, hidden_means(rbm, data), share, 0, sums);
  for (Index i = 0; i < sums.log_variance.size(); ++i)
    if (!rbm.visible->learns_variance(i)) sums.log_variance[i] = 0;
  sink(0, 0, Matrix(sums.weights.cast<Scalar>()));
  sink(1, 0, Matrix(sums.visible_bias.cast<Scalar>()));
  sink(2, 0, Matrix(sums.hidden_bias.cast<Scalar>()));
  if (sums.log_variance.size() > 0) sink(3, 0, Matrix(sums.log_variance.cast<Scalar>()));
}

Eigen::VectorXd hidden_free_energy(const Rbm& rbm, const ConstMatrixRef& hidden_states) {
  if (rbm.visible->replicated())
    throw InvalidArgument(
        fmt::format("hidden free energy: of {} units it depends on how long a document is", rbm.visible->name()));
  Matrix input(rbm.visible_count(), hidden_states.cols());
  multiply_add_into(plain(rbm.weights), plain(hidden_states), rbm.visible_bias, input, kNoEpilogue);
  return rbm.hidden->energy(hidden_states, rbm.hidden_bias) - rbm.visible->log_partition(input, rbm.visible_context());
}

}  // namespace dbn
