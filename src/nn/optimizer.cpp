#include <dbn/nn/optimizer.hpp>

#include <cmath>

#include <dbn/core/table.hpp>

namespace dbn {
namespace {

using Array = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
using ConstArray = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

// A tile of whole columns is contiguous, so one pass over plain numbers does the work.
Array columns(Eigen::Map<Matrix>& matrix, Index first, Index count) {
  return {matrix.data() + first * matrix.rows(), matrix.rows() * count};
}
ConstArray flat(const ConstMatrixRef& tile) { return {tile.data(), tile.size()}; }

// One zero matrix for each parameter, in its shape.
std::vector<Matrix> zeros_like(const std::vector<Parameter>& parameters) {
  std::vector<Matrix> zeros;
  for (const auto& p : parameters) zeros.push_back(Matrix::Zero(p.tensor.values.rows(), p.tensor.values.cols()));
  return zeros;
}

Array columns(Matrix& matrix, Index first, Index count) {
  return {matrix.data() + first * matrix.rows(), matrix.rows() * count};
}

void append_state(TensorList& state, const std::vector<Parameter>& parameters, std::vector<Matrix>& values,
                  const std::string& what) {
  for (std::size_t i = 0; i < values.size(); ++i)
    state.push_back(named(parameters[i].tensor.name + "." + what, values[i]));
}

class Sgd final : public Optimizer {
 public:
  using Optimizer::Optimizer;

  void begin_update(UpdateRates rates, Index) override { rate_ = static_cast<Scalar>(rates.learning_rate); }

  void apply(std::size_t parameter, Index first_column, const ConstMatrixRef& gradient) override {
    auto& p = parameters_[parameter];
    auto w = columns(p.tensor.values, first_column, gradient.cols());
    w -= rate_ * (flat(gradient) + static_cast<Scalar>(p.weight_cost) * w);
  }

  TensorList state() override { return {}; }

 private:
  Scalar rate_ = 0;
};

class Momentum final : public Optimizer {
 public:
  explicit Momentum(std::vector<Parameter> parameters)
      : Optimizer(std::move(parameters)), velocity_(zeros_like(parameters_)) {}

  void begin_update(UpdateRates rates, Index) override {
    rate_ = static_cast<Scalar>(rates.learning_rate);
    momentum_ = static_cast<Scalar>(rates.momentum);
  }

  void apply(std::size_t parameter, Index first_column, const ConstMatrixRef& gradient) override {
    auto& p = parameters_[parameter];
    auto w = columns(p.tensor.values, first_column, gradient.cols());
    auto v = columns(velocity_[parameter], first_column, gradient.cols());
    v = momentum_ * v - rate_ * (flat(gradient) + static_cast<Scalar>(p.weight_cost) * w);
    w += v;
  }

  TensorList state() override {
    TensorList state;
    append_state(state, parameters_, velocity_, "velocity");
    return state;
  }

 private:
  std::vector<Matrix> velocity_;
  Scalar rate_ = 0;
  Scalar momentum_ = 0;
};

class Adam final : public Optimizer {
 public:
  explicit Adam(std::vector<Parameter> parameters)
      : Optimizer(std::move(parameters)), mean_(zeros_like(parameters_)), square_(zeros_like(parameters_)) {}

  void begin_update(UpdateRates rates, Index update) override {
    const double t = static_cast<double>(update) + 1;
    const double square_correction = std::sqrt(1 - std::pow(kSquareDecay, t));
    // Both bias corrections folded into the rate and epsilon: one multiplication less for each weight.
    rate_ = static_cast<Scalar>(rates.learning_rate * square_correction / (1 - std::pow(kMeanDecay, t)));
    epsilon_ = static_cast<Scalar>(kEpsilon * square_correction);
  }

  void apply(std::size_t parameter, Index first_column, const ConstMatrixRef& gradient) override {
    auto& p = parameters_[parameter];
    auto w = columns(p.tensor.values, first_column, gradient.cols());
    auto m = columns(mean_[parameter], first_column, gradient.cols());
    auto s = columns(square_[parameter], first_column, gradient.cols());
    const auto cost = static_cast<Scalar>(p.weight_cost);
    const auto keep_mean = static_cast<Scalar>(kMeanDecay);
    const auto keep_square = static_cast<Scalar>(kSquareDecay);
    for (Index i = 0; i < w.size(); ++i) {
      const Scalar g = gradient.data()[i] + cost * w[i];
      m[i] = keep_mean * m[i] + (1 - keep_mean) * g;
      s[i] = keep_square * s[i] + (1 - keep_square) * g * g;
      w[i] -= rate_ * m[i] / (std::sqrt(s[i]) + epsilon_);
    }
  }

  TensorList state() override {
    TensorList state;
    append_state(state, parameters_, mean_, "mean");
    append_state(state, parameters_, square_, "square");
    return state;
  }

 private:
  static constexpr double kMeanDecay = 0.9;
  static constexpr double kSquareDecay = 0.999;
  static constexpr double kEpsilon = 1e-8;
  std::vector<Matrix> mean_;
  std::vector<Matrix> square_;
  Scalar rate_ = 0;
  Scalar epsilon_ = 0;
};

template <typename Kind>
std::unique_ptr<Optimizer> make(std::vector<Parameter> parameters) {
  return std::make_unique<Kind>(std::move(parameters));
}

}  // namespace

const std::vector<OptimizerKind>& optimizers() {
  static const std::vector<OptimizerKind> table{
      {"sgd", "plain stochastic gradient descent", 0.1, 0, &make<Sgd>},
      {"momentum", "Hinton 2012 §9", 0.05, 1, &make<Momentum>},
      {"adam", "Kingma & Ba 2015", 1e-3, 2, &make<Adam>},
  };
  return table;
}

const OptimizerKind& optimizer(std::string_view name) { return row_named(optimizers(), name, "optimizer"); }

std::vector<std::string> optimizer_names() { return row_names(optimizers()); }

}  // namespace dbn
