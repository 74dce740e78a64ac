// Does pretraining help? A stack of two RBMs against Xavier weights, with 300 labels, on embedded data.
#include <iostream>

#include <dbn/dbn.hpp>

int main() {
  using namespace dbn;
  const std::uint64_t seed = 0;
  const DataFiles files = open_data({.data = "synthetic:digits,cases=1000,test=1000"});
  const auto all = all_cases(files.training->case_count());
  const Preprocessing scaling = fit_preprocessing("auto", *files.training, all);
  const PreparedCases cases(files.training, all, scaling);
  const PreparedCases labelled(files.training, choose_labels(*files.training, all, 300, seed), scaling);
  const PreparedCases test(files.test, all_cases(files.test->case_count()), scaling);

  PretrainOptions options;
  options.layers = {100, 100};
  const Stack stack = pretrain(cases, nullptr, options, seed).stack;
  for (const Mlp& start : {unroll(stack, 10, seed), make_mlp({784, 100, 100, 10}, "sigmoid", "xavier", seed)})
    std::cout << evaluate(fine_tune(start, labelled, nullptr, {}, seed).net, test).error << " % wrong\n";
}
