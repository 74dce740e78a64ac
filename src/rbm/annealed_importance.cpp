#include <dbn/rbm/annealed_importance.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/product.hpp>
#include <dbn/core/random.hpp>

namespace dbn {
namespace {

constexpr double kMostSteps = 1e6;
constexpr Index kTile = 16;  // chains whose hidden inputs are worked on while they are in cache

/// Streams of draws within Purpose::annealing.
enum Draws : std::uint32_t { start_draws, hidden_up, visible_up, hidden_down, visible_down };

[[noreturn]] void refuse_betas(std::string_view text, std::string_view option, std::string_view why) {
  throw InvalidArgument(fmt::format(
      "{}: {}; expected pieces from:step:to that lead from 0 to 1, like 0:1e-3:0.5,0.5:1e-4:1, or a number of even "
      "steps up to 10000000, found '{}'",
      option, why, text));
}

void append_piece(std::vector<double>& betas, double from, double step, double to, std::string_view text,
                  std::string_view option) {
  if (from != betas.back()) refuse_betas(text, option, fmt::format("a piece from {} follows {}", from, betas.back()));
  if (!(step > 0) || !(to > from) || to > 1)
    refuse_betas(text, option, fmt::format("no steps of {} lead from {} to {}", step, from, to));
  const double count = std::max(1.0, std::round((to - from) / step));
  if (static_cast<double>(betas.size()) + count > kMostSteps + 1) refuse_betas(text, option, "too many steps");
  for (Index i = 1; i < static_cast<Index>(count); ++i)
    betas.push_back(from + (to - from) * static_cast<double>(i) / count);
  betas.push_back(to);
}

void check_data(const Rbm& rbm, const AnnealingData& data) {
  const auto fits = [&](Index rows) { return rows == 0 || rows == rbm.visible_count(); };
  if (!fits(data.mean.size()) || !fits(data.cases.rows()))
    throw InvalidArgument(fmt::format("annealing: expected data of {} features, found means of {} and cases of {}",
                                      rbm.visible_count(), data.mean.size(), data.cases.rows()));
}

/// Steps done of all, for the observer.
class Course {
 public:
  Course(const AnnealingObserver& observer, std::size_t steps) : observer_(observer), steps_(steps) {}

  void step() {
    ++done_;
    if (observer_.progress) observer_.progress(static_cast<double>(done_) / static_cast<double>(steps_));
    if (observer_.stop_requested && observer_.stop_requested())
      throw Interrupted(fmt::format("annealing stopped after step {} of {}", done_, steps_));
  }

 private:
  const AnnealingObserver& observer_;
  std::size_t steps_, done_ = 0;
};

/// Gibbs chains that follow p_beta as beta moves, and the logs of their importance weights.
class Chains {
 public:
  Chains(const Rbm& rbm, const Vector& base_bias, Index count)
      : rbm_(rbm), machine_(rbm), base_bias_(base_bias), bias_gap_((rbm.visible_bias - base_bias).cast<double>()) {
    visible_.resize(rbm.visible_count(), count);
    hidden_.resize(rbm.hidden_count(), count);
    input_.resize(rbm.hidden_count(), count);
    scaled_.resize(rbm.hidden_count(), count);
  }

  /// Independent draws from the base model.
  void start_at_base(const Stream& stream) {
    visible_.colwise() = base_bias_;
    rbm_.visible->mean_and_states(stream, {}, visible_, visible_, rbm_.visible_context());
    rbm_.to_statistics(visible_);
  }

  /// Every second chain goes to one of these cases.
  void move_to(const Matrix& cases) {
    if (cases.cols() == 0) return;
    for (Index c = 1; c < visible_.cols(); c += 2) visible_.col(c) = rbm_.statistics(cases.col(c / 2 % cases.cols()));
  }

  /// Goes along the betas. A chain's weight is the product of p*_next(v) / p*_now(v) over the way, v being where it
  /// stands before it moves [Neal 2001].
  Eigen::VectorXd follow(const std::vector<double>& betas, const Stream& hidden, const Stream& visible,
                         Course& course) {
    Eigen::VectorXd log_weights = Eigen::VectorXd::Zero(visible_.cols());
    for (std::size_t k = 0; k + 1 < betas.size(); ++k) {
      const auto position = static_cast<std::uint32_t>(k);
      to_hidden(betas[k], betas[k + 1], hidden, position, log_weights);
      to_visible(betas[k + 1], visible, position);
      course.step();
    }
    return log_weights;
  }

 private:
  // One product serves both free energies, whose difference is the weight's, and the draw at the next beta.
  void to_hidden(double now, double next, const Stream& stream, std::uint32_t position, Eigen::VectorXd& log_weights) {
    multiply_add_into(transposed(rbm_.weights), plain(visible_), rbm_.hidden_bias, input_, kNoEpilogue);
    const Tiles tiles(visible_.cols(), kTile, 1);
    parallel_for(tiles.count(), [&](Index t) {
      const Index first = tiles.first(t), count = tiles.length(t);
      MatrixRef input = scaled_.middleCols(first, count);
      MatrixRef states = hidden_.middleCols(first, count);
      Eigen::VectorXd gain = (next - now) * (visible_.middleCols(first, count).cast<double>().transpose() * bias_gap_);
      input = static_cast<Scalar>(now) * input_.middleCols(first, count);
      gain -= rbm_.hidden->log_partition(input);
      input = static_cast<Scalar>(next) * input_.middleCols(first, count);
      gain += rbm_.hidden->log_partition(input);
      log_weights.segment(first, count) += gain;
      rbm_.hidden->mean_and_states(stream, {.update = position, .instance = static_cast<std::uint32_t>(first)}, input,
                                   states);
      states *= static_cast<Scalar>(next);  // W beta h = beta W h
    });
  }

  void to_visible(double beta, const Stream& stream, std::uint32_t position) {
    machine_.visible_bias = base_bias_ + static_cast<Scalar>(beta) * (rbm_.visible_bias - base_bias_);
    machine_.visible_mean_and_states_into(hidden_, stream, position, visible_, visible_);
    machine_.to_statistics(visible_);
  }

  const Rbm& rbm_;
  Rbm machine_;  ///< with the visible biases of a beta
  Vector base_bias_;
  Eigen::VectorXd bias_gap_;
  Matrix visible_;  ///< statistics
  Matrix hidden_;   ///< states, times beta
  Matrix input_;    ///< of hidden units at beta = 1
  Matrix scaled_;   ///< the same at a beta
};

double base_log_partition(const Rbm& rbm, const Vector& base_bias) {
  const Matrix visible = base_bias;
  const Matrix hidden = Matrix::Zero(rbm.hidden_count(), 1);
  return rbm.visible->log_partition(visible, rbm.visible_context())[0] + rbm.hidden->log_partition(hidden)[0];
}

// The mean weight is Z / Z_base on the way up (direction 1) and Z_base / Z on the way back (-1).
PartitionEstimate estimate(double log_base, double direction, const Eigen::VectorXd& log_weights) {
  if (!log_weights.allFinite())
    throw DivergenceError(
        "annealing: expected finite weights, found others; the RBM's parameters are huge, or its energy has no "
        "minimum");
  const auto n = static_cast<double>(log_weights.size());
  const double log_mean = log_sum_exp(log_weights) - std::log(n);
  const Eigen::ArrayXd weights = (log_weights.array() - log_mean).exp();  // of mean 1
  const double error = std::sqrt((weights - 1).square().sum() / (n * (n - 1)));
  const double above = std::log1p(3 * error);
  const double below = 3 * error < 1 ? std::log1p(-3 * error) : -std::numeric_limits<double>::infinity();
  const double log_partition = log_base + direction * log_mean;
  return {.log_partition = log_partition,
          .standard_error = error,
          .effective_sample_size = n * n / weights.square().sum(),
          .least = log_partition + (direction > 0 ? below : -above),
          .most = log_partition + (direction > 0 ? above : -below)};
}

}  // namespace

OptionFields AnnealingOptions::fields() {
  return {
      {.name = "betas",
       .value = &betas,
       .help =
           "inverse temperatures of annealing: pieces from:step:to that lead from 0 to 1, or a number of even steps "
           "(Salakhutdinov & Murray 2008)"},
      {.name = "chains", .value = &chains, .help = "annealed chains", .range = {2, 1e6}},
      {.name = "reverse-steps",
       .value = &reverse_steps,
       .help = "Gibbs steps by which chains become samples of the model before they are annealed backwards",
       .range = {0, 1e7}},
  };
}

void AnnealingOptions::validate() const {
  AnnealingOptions copy = *this;
  check_options(copy.fields());
  parse_betas(betas, "--betas");
}

std::vector<double> parse_betas(std::string_view text, std::string_view option) {
  std::vector<double> betas{0};
  if (text.find(':') == std::string_view::npos) {
    const Index steps = parse_integer(text, option);
    if (steps < 1) refuse_betas(text, option, "no steps");
    append_piece(betas, 0, 1 / static_cast<double>(steps), 1, text, option);
    return betas;
  }
  for (const auto& piece : split_list(text)) {
    const auto numbers = split_list(piece, ':');
    if (numbers.size() != 3) refuse_betas(text, option, fmt::format("'{}' is no piece", piece));
    append_piece(betas, parse_number(numbers[0], option), parse_number(numbers[1], option),
                 parse_number(numbers[2], option), text, option);
  }
  if (betas.back() != 1) refuse_betas(text, option, fmt::format("the last piece ends at {}", betas.back()));
  return betas;
}

AnnealedPartition annealed_log_partition(const Rbm& rbm, const AnnealingOptions& options, std::uint64_t seed,
                                         const AnnealingData& data, const AnnealingObserver& observer) {
  options.validate();
  check_annealing(rbm);
  check_data(rbm, data);
  const Vector base_bias = data.mean.size() > 0 ? rbm.visible->biases_for_means(data.mean) : rbm.visible_bias;
  const double log_base = base_log_partition(rbm, base_bias);
  const auto stream = [&](Draws draws) { return Stream(seed, Purpose::annealing, draws); };

  const std::vector<double> up = parse_betas(options.betas, "--betas");
  std::vector<double> down(static_cast<std::size_t>(options.reverse_steps), 1.0);  // Gibbs steps that weigh nothing
  down.insert(down.end(), up.rbegin(), up.rend());
  Course course(observer, up.size() + down.size() - 2);

  Chains chains(rbm, base_bias, options.chains);
  chains.start_at_base(stream(start_draws));
  const Eigen::VectorXd forward = chains.follow(up, stream(hidden_up), stream(visible_up), course);
  chains.move_to(data.cases);
  const Eigen::VectorXd reverse = chains.follow(down, stream(hidden_down), stream(visible_down), course);
  return {estimate(log_base, 1, forward), estimate(log_base, -1, reverse)};
}

void check_annealing(const Rbm& rbm) {
  if (!rbm.hidden->exact())
    throw InvalidArgument(
        fmt::format("annealing: {} hidden units have no joint distribution with the visible ones to "
                    "sample from; a small visible layer can be summed exactly",
                    rbm.hidden->name()));
  if (rbm.visible->replicated())
    throw InvalidArgument(
        fmt::format("annealing: log Z of {} units depends on how long a document is", rbm.visible->name()));
}

double annealing_work(Index visible, Index hidden, const AnnealingOptions& options) {
  const double steps = 2 * static_cast<double>(parse_betas(options.betas, "--betas").size() - 1) +
                       static_cast<double>(options.reverse_steps);
  return 4 * static_cast<double>(visible) * static_cast<double>(hidden) * static_cast<double>(options.chains) * steps;
}

double annealing_memory(Index visible, Index hidden, const AnnealingOptions& options) {
  const auto v = static_cast<double>(visible), h = static_cast<double>(hidden);
  const auto chains = static_cast<double>(options.chains);
  const double betas = 2 * static_cast<double>(parse_betas(options.betas, "--betas").size()) +
                       static_cast<double>(options.reverse_steps);
  return sizeof(Scalar) * (v * h + 3 * v + h + chains * (v + 3 * h)) + sizeof(double) * (v + betas);
}

}  // namespace dbn
