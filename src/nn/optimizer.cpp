#include <dbn/nn/optimizer.hpp>

#include <dbn/core/table.hpp>

#include "optimizer_table.hpp"

namespace dbn {

OptionFields OptimizerSettings::fields() {
  return {
      {.name = "mean-decay",
       .value = &mean_decay,
       .help = "decay of the mean of gradients, for adam and adamw (beta1)",
       .range = {0, 0.999999}},
      {.name = "square-decay",
       .value = &square_decay,
       .help = "decay of the mean of squared gradients",
       .range = {0, 0.999999},
       .unset = "adam and adamw 0.999 (beta2), rmsprop 0.99"},
      {.name = "epsilon",
       .value = &epsilon,
       .help = "added to the root of squared gradients",
       .range = {0, 1, true},
       .unset = "adam, adamw, rmsprop 1e-8, adagrad 1e-10"},
      {.name = "line-searches",
       .value = &line_searches,
       .help = "line searches on each batch",
       .range = {1, 1e4},
       .unset = "cg 3, lbfgs 20"},
  };
}

const std::vector<OptimizerKind>& optimizers() {
  using namespace detail;
  static const std::vector<OptimizerKind> table{
      {"sgd", "plain stochastic gradient descent", 0.1, 0, 0, 0, 0, &make_sgd},
      {"momentum", "Hinton 2012 §9", 0.05, 0, 0, 1, 0, &make_momentum},
      {"nesterov", "Sutskever et al. 2013", 0.05, 0, 0, 1, 0, &make_nesterov},
      {"adagrad", "Duchi et al. 2011", 0.01, 0, 0, 1, 0, &make_adagrad},
      {"rmsprop", "Tieleman & Hinton 2012", 1e-3, 0, 0, 1, 0, &make_rmsprop},
      {"adam", "Kingma & Ba 2015", 1e-3, 0, 0, 2, 0, &make_adam},
      {"adamw", "Loshchilov & Hutter 2019", 1e-3, 0, 0.01, 2, 0, &make_adamw},
      {"cg", "Polak & Ribiere 1969", 0, 3, 0, 0, 7, &make_cg},
      {"lbfgs", "Liu & Nocedal 1989", 0, 20, 0, 0, 20, &make_lbfgs},
  };
  return table;
}

const OptimizerKind& optimizer(std::string_view name) { return row_named(optimizers(), name, "optimizer"); }

std::vector<std::string> optimizer_names() { return row_names(optimizers()); }

}  // namespace dbn
