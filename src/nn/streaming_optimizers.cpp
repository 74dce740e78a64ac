// Optimizers that need each gradient once: every tile is applied where it was made, while it is in cache.

#include <cmath>
#include <string>
#include <vector>

#include "optimizer_table.hpp"

namespace dbn::detail {
namespace {

using Array = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
using ConstArray = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

// A tile of whole columns is contiguous, so one pass over plain numbers does the work.
template <typename MatrixLike>
Array columns(MatrixLike& matrix, Index first, Index count) {
  return {matrix.data() + first * matrix.rows(), matrix.rows() * count};
}

class StreamingOptimizer : public Optimizer {
 public:
  StreamingOptimizer(std::vector<Parameter> parameters, const std::vector<std::string>& state) : Optimizer(parameters) {
    for (const auto& what : state) {
      state_names_.push_back(what);
      auto& zeros = state_.emplace_back();
      for (const auto& p : parameters_) zeros.push_back(Matrix::Zero(p.tensor.values.rows(), p.tensor.values.cols()));
    }
  }

  double update(Objective objective, UpdateRates rates, Index number) final {
    begin(rates, number);
    return objective([this](std::size_t parameter, Index first, const ConstMatrixRef& gradient) {
      auto& p = parameters_[parameter];
      const Index count = gradient.cols();
      apply({.weights = columns(p.tensor.values, first, count),
             .gradient = {gradient.data(), gradient.size()},
             .state = {state_of(0, parameter, first, count), state_of(1, parameter, first, count)},
             .cost = static_cast<Scalar>(p.weight_cost),
             .factor = static_cast<Scalar>(p.rate_factor)});
    });
  }

  TensorList state() final {
    TensorList list;
    for (std::size_t s = 0; s < state_.size(); ++s)
      for (std::size_t i = 0; i < parameters_.size(); ++i)
        list.push_back(named(parameters_[i].tensor.name + "." + state_names_[s], state_[s][i]));
    return list;
  }

 protected:
  /// What one tile's update reads and writes, number by number.
  struct Tile {
    Array weights;
    ConstArray gradient;
    Array state[2];
    Scalar cost;    ///< L2 cost of its tensor
    Scalar factor;  ///< of its tensor on the learning rate
  };

  virtual void begin(UpdateRates rates, Index number) = 0;
  virtual void apply(Tile tile) const = 0;

 private:
  Array state_of(std::size_t which, std::size_t parameter, Index first, Index count) {
    return which < state_.size() ? columns(state_[which][parameter], first, count) : Array(nullptr, 0);
  }

  std::vector<std::string> state_names_;
  std::vector<std::vector<Matrix>> state_;  ///< by name, then by parameter
};

class Sgd final : public StreamingOptimizer {
 public:
  Sgd(std::vector<Parameter> p, const OptimizerSettings&) : StreamingOptimizer(std::move(p), {}) {}

 private:
  void begin(UpdateRates rates, Index) override { rate_ = static_cast<Scalar>(rates.learning_rate); }
  void apply(Tile t) const override { t.weights -= t.factor * rate_ * (t.gradient + t.cost * t.weights); }

  Scalar rate_ = 0;
};

/// v = momentum * v - rate * g. Plain: w += v. Nesterov: w += momentum * v - rate * g, a step along the gradient from
/// where the momentum leads, in the form in which the weights stored are the ones looked ahead from.
template <bool nesterov>
class Momentum final : public StreamingOptimizer {
 public:
  Momentum(std::vector<Parameter> p, const OptimizerSettings&) : StreamingOptimizer(std::move(p), {"velocity"}) {}

 private:
  void begin(UpdateRates rates, Index) override {
    rate_ = static_cast<Scalar>(rates.learning_rate);
    momentum_ = static_cast<Scalar>(rates.momentum);
  }
  void apply(Tile t) const override {
    const Scalar rate = t.factor * rate_;
    for (Index i = 0; i < t.weights.size(); ++i) {
      const Scalar step = rate * (t.gradient[i] + t.cost * t.weights[i]);
      Scalar& velocity = t.state[0][i];
      velocity = momentum_ * velocity - step;
      t.weights[i] += nesterov ? momentum_ * velocity - step : velocity;
    }
  }

  Scalar rate_ = 0;
  Scalar momentum_ = 0;
};

/// Steps divided by the root of the sum of all squares so far, or of their running mean.
template <bool running>
class RootOfSquares final : public StreamingOptimizer {
 public:
  RootOfSquares(std::vector<Parameter> p, const OptimizerSettings& settings)
      : StreamingOptimizer(std::move(p), {"square"}),
        decay_(settings.square_decay.value_or(0.99)),
        epsilon_(static_cast<Scalar>(settings.epsilon.value_or(running ? 1e-8 : 1e-10))) {}

 private:
  void begin(UpdateRates rates, Index) override { rate_ = static_cast<Scalar>(rates.learning_rate); }
  void apply(Tile t) const override {
    const Scalar rate = t.factor * rate_;
    const Scalar keep = running ? static_cast<Scalar>(decay_) : Scalar{1};
    const Scalar take = running ? static_cast<Scalar>(1 - decay_) : Scalar{1};
    for (Index i = 0; i < t.weights.size(); ++i) {
      const Scalar g = t.gradient[i] + t.cost * t.weights[i];
      Scalar& square = t.state[0][i];
      square = keep * square + take * g * g;
      t.weights[i] -= rate * g / (std::sqrt(square) + epsilon_);
    }
  }

  double decay_;
  Scalar epsilon_;
  Scalar rate_ = 0;
};

/// Adam; `decoupled` as AdamW, whose weight cost shrinks weights and is no part of the gradient.
template <bool decoupled>
class Adam final : public StreamingOptimizer {
 public:
  Adam(std::vector<Parameter> p, const OptimizerSettings& settings)
      : StreamingOptimizer(std::move(p), {"mean", "square"}),
        mean_decay_(settings.mean_decay),
        square_decay_(settings.square_decay.value_or(0.999)),
        smallest_(settings.epsilon.value_or(1e-8)) {}

 private:
  void begin(UpdateRates rates, Index number) override {
    const double t = static_cast<double>(number) + 1;
    const double square_correction = std::sqrt(1 - std::pow(square_decay_, t));
    // Both bias corrections folded into the rate and epsilon: one multiplication less for each weight.
    rate_ = static_cast<Scalar>(rates.learning_rate * square_correction / (1 - std::pow(mean_decay_, t)));
    epsilon_ = static_cast<Scalar>(smallest_ * square_correction);
    shrink_ = static_cast<Scalar>(rates.learning_rate);
  }
  void apply(Tile t) const override {
    const auto keep_mean = static_cast<Scalar>(mean_decay_);
    const auto keep_square = static_cast<Scalar>(square_decay_);
    // From doubles: a decay near 1 is rounded, and its distance from 1 would be that of the rounded one.
    const auto take_mean = static_cast<Scalar>(1 - mean_decay_);
    const auto take_square = static_cast<Scalar>(1 - square_decay_);
    const Scalar rate = t.factor * rate_;
    const Scalar cost = decoupled ? Scalar{0} : t.cost;
    const Scalar kept = decoupled ? 1 - t.factor * shrink_ * t.cost : Scalar{1};
    Scalar* const w = t.weights.data();
    Scalar* const mean = t.state[0].data();
    Scalar* const square = t.state[1].data();
    for (Index i = 0; i < t.weights.size(); ++i) {
      const Scalar g = t.gradient[i] + cost * w[i];
      mean[i] = keep_mean * mean[i] + take_mean * g;
      square[i] = keep_square * square[i] + take_square * g * g;
      w[i] = kept * w[i] - rate * mean[i] / (std::sqrt(square[i]) + epsilon_);
    }
  }

  double mean_decay_;
  double square_decay_;
  double smallest_;
  Scalar rate_ = 0;
  Scalar epsilon_ = 0;
  Scalar shrink_ = 0;
};

template <typename Kind>
std::unique_ptr<Optimizer> made(std::vector<Parameter>& parameters, const OptimizerSettings& settings) {
  return std::make_unique<Kind>(std::move(parameters), settings);
}

}  // namespace

std::unique_ptr<Optimizer> make_sgd(std::vector<Parameter> p, const OptimizerSettings& s) { return made<Sgd>(p, s); }
std::unique_ptr<Optimizer> make_momentum(std::vector<Parameter> p, const OptimizerSettings& s) {
  return made<Momentum<false>>(p, s);
}
std::unique_ptr<Optimizer> make_nesterov(std::vector<Parameter> p, const OptimizerSettings& s) {
  return made<Momentum<true>>(p, s);
}
std::unique_ptr<Optimizer> make_adagrad(std::vector<Parameter> p, const OptimizerSettings& s) {
  return made<RootOfSquares<false>>(p, s);
}
std::unique_ptr<Optimizer> make_rmsprop(std::vector<Parameter> p, const OptimizerSettings& s) {
  return made<RootOfSquares<true>>(p, s);
}
std::unique_ptr<Optimizer> make_adam(std::vector<Parameter> p, const OptimizerSettings& s) {
  return made<Adam<false>>(p, s);
}
std::unique_ptr<Optimizer> make_adamw(std::vector<Parameter> p, const OptimizerSettings& s) {
  return made<Adam<true>>(p, s);
}

}  // namespace dbn::detail
