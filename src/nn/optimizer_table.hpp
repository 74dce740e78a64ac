#pragma once
// What each file of optimizers offers to the table.

#include <memory>
#include <vector>

#include <dbn/nn/optimizer.hpp>

namespace dbn::detail {

using MakeOptimizer = std::unique_ptr<Optimizer>(std::vector<Parameter>, const OptimizerSettings&);

// streaming_optimizers.cpp: one pass, each tile of the gradient applied while it is in cache
MakeOptimizer make_sgd, make_momentum, make_nesterov, make_adagrad, make_rmsprop, make_adam, make_adamw;
// line_search_optimizers.cpp: several evaluations of the objective for each update
MakeOptimizer make_cg, make_lbfgs;

}  // namespace dbn::detail
