// Optimizers that evaluate a batch several times: all parameters in one long vector of doubles, moved by a minimizer.

#include <vector>

#include <dbn/nn/minimizer.hpp>

#include "optimizer_table.hpp"

namespace dbn::detail {
namespace {

class LineSearchOptimizer : public Optimizer {
 public:
  LineSearchOptimizer(std::vector<Parameter> parameters, Index line_searches)
      : Optimizer(std::move(parameters)), line_searches_(line_searches) {
    Index size = 0;
    for (const auto& p : parameters_) {
      first_.push_back(size);
      size += p.tensor.values.size();
    }
    x_.resize(size);
  }

  double update(Objective objective, UpdateRates, Index) final {
    for (std::size_t i = 0; i < parameters_.size(); ++i) x_.segment(first_[i], flat(i).size()) = flat(i).cast<double>();
    double before = 0;
    bool first = true;
    minimize(
        x_,
        [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
          const double value = evaluate(objective, x, gradient);
          if (first) before = value;
          first = false;
          return value + add_costs(x, gradient);
        },
        line_searches_);
    put(x_);
    return before;
  }

  TensorList state() final { return {}; }

 protected:
  virtual void minimize(Eigen::VectorXd& x, SmoothFunction function, Index line_searches) = 0;

 private:
  Eigen::Map<Vector> flat(std::size_t i) {
    auto& values = parameters_[i].tensor.values;
    return {values.data(), values.size()};
  }

  void put(const Eigen::VectorXd& x) {
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      flat(i) = x.segment(first_[i], flat(i).size()).template cast<Scalar>();
  }

  double evaluate(Objective objective, const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    put(x);
    gradient.setZero(x.size());
    return objective([&](std::size_t i, Index first_column, const ConstMatrixRef& tile) {
      const Index rows = parameters_[i].tensor.values.rows();
      gradient.segment(first_[i] + first_column * rows, tile.size()) =
          Eigen::Map<const Vector>(tile.data(), tile.size()).template cast<double>();
    });
  }

  double add_costs(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) const {
    double cost = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const double factor = parameters_[i].weight_cost;
      if (factor == 0) continue;
      const auto weights = x.segment(first_[i], parameters_[i].tensor.values.size());
      gradient.segment(first_[i], weights.size()) += factor * weights;
      cost += factor / 2 * weights.squaredNorm();
    }
    return cost;
  }

  Index line_searches_;
  std::vector<Index> first_;  ///< where each parameter begins in the long vector
  Eigen::VectorXd x_;
};

class ConjugateGradient final : public LineSearchOptimizer {
 public:
  ConjugateGradient(std::vector<Parameter> parameters, const OptimizerSettings& settings)
      : LineSearchOptimizer(std::move(parameters),
                            settings.line_searches.value_or(optimizer("cg").default_line_searches)) {}

 private:
  void minimize(Eigen::VectorXd& x, SmoothFunction function, Index line_searches) override {
    minimize_by_cg(x, function, line_searches, buffers_);
  }

  ConjugateGradientBuffers buffers_;
};

class Lbfgs final : public LineSearchOptimizer {
 public:
  Lbfgs(std::vector<Parameter> parameters, const OptimizerSettings& settings)
      : LineSearchOptimizer(std::move(parameters),
                            settings.line_searches.value_or(optimizer("lbfgs").default_line_searches)) {}

 private:
  void minimize(Eigen::VectorXd& x, SmoothFunction function, Index line_searches) override {
    minimize_by_lbfgs(x, function, line_searches);
  }
};

}  // namespace

std::unique_ptr<Optimizer> make_cg(std::vector<Parameter> p, const OptimizerSettings& s) {
  return std::make_unique<ConjugateGradient>(std::move(p), s);
}
std::unique_ptr<Optimizer> make_lbfgs(std::vector<Parameter> p, const OptimizerSettings& s) {
  return std::make_unique<Lbfgs>(std::move(p), s);
}

}  // namespace dbn::detail
