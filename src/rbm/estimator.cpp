#include <dbn/rbm/estimator.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>
#include <dbn/rbm/exact_likelihood.hpp>

namespace dbn {
namespace {

constexpr Index kMostSteps = 1000;

void expect(bool holds, const char* option, const char* expected, double found) {
  if (!holds) throw InvalidArgument(fmt::format("{}: expected {}, found {}", option, expected, found));
}

}  // namespace

const std::vector<Estimator>& estimators() {
  static const std::vector<Estimator> table{
      {"cd", "Hinton 2002", false, "hinton2010"},
      {"pcd", "Tieleman 2008", true, "pcd"},
      {"fpcd", "Tieleman & Hinton 2009", true, "pcd"},
      {"pt", "Desjardins et al. 2010", true, "pcd"},
      {"mean-field", "Welling & Hinton 2002", false, "hinton2010"},
      {"exact", "the definition", false, "hinton2010"},
  };
  return table;
}

const Estimator& estimator(std::string_view name) { return row_named(estimators(), name, "estimator"); }
std::vector<std::string> estimator_names() { return row_names(estimators()); }

StatisticsRule StatisticsRule::parse(std::string_view text) {
  if (text == "hinton2010") return {};
  if (text == "pcd" || text == "theano" || text == "sklearn") return {.sample_visible = true};
  StatisticsRule rule;
  bool* const fields[] = {&rule.sample_positive, &rule.sample_visible, &rule.sample_negative};
  std::size_t from = 0;
  for (bool* field : fields) {
    const std::size_t comma = field == fields[2] ? text.size() : std::min(text.find(',', from), text.size());
    const std::string_view word = text.substr(std::min(from, text.size()), comma - std::min(from, text.size()));
    if (word != "mean" && word != "sample")
      throw InvalidArgument(fmt::format(
          "statistics: expected hinton2010, pcd, theano, sklearn, or three of mean and sample for hidden units beside "
          "the data, the reconstruction, and hidden units beside it, such as mean,sample,mean; found '{}'",
          text));
    *field = word == "sample";
    from = comma + 1;
  }
  return rule;
}

OptionFields ContrastiveDivergenceOptions::fields() {
  constexpr double kBelowOne = 0.999999;
  return {
      {.name = "estimator",
       .value = &estimator,
       .help = "RBM gradient: chains start at the data (cd, mean-field) or go on (pcd, fpcd, pt); exact sums over the "
               "states of a small layer",
       .choices = estimator_names()},
      {.name = "chains", .value = &chains, .help = "chains of pcd, fpcd and pt", .range = {1, 1e6}},
      {.name = "statistics",
       .value = &statistics,
       .help =
           "what is a sample and what a mean: auto (hinton2010 for cd, pcd for chains that go on), hinton2010, pcd, "
           "theano, sklearn, or three of mean and sample, for hidden units beside the data, the reconstruction, and "
           "hidden units beside it"},
      {.name = "replicas", .value = &replicas, .help = "temperatures of each chain of pt", .range = {2, 1000}},
      {.name = "fast-rate",
       .value = &fast_rate,
       .help = "learning rate of the fast weights of fpcd",
       .range = {0, 1e3, true}},
      {.name = "fast-decay",
       .value = &fast_decay,
       .help = "what an update leaves of the fast weights (Tieleman & Hinton 2009: 19/20)",
       .range = {0, kBelowOne}},
      {.name = "centered",
       .value = &centered,
       .help = "center both layers in an RBM's gradient (Melchior, Fischer & Wiskott 2016)"},
      {.name = "offset-rate",
       .value = &offset_rate,
       .help = "rate of the running means that --centered subtracts",
       .range = {0, 1, true}},
      {.name = "sparsity-target",
       .value = &sparsity_target,
       .help = "mean activity that hidden units are pulled to: of an RBM (0: none; Hinton 2012: 0.01 to 0.1), or of a "
               "sparse autoencoder (0: 0.05)",
       .range = {0, 1}},
      {.name = "sparsity-cost",
       .value = &sparsity_cost,
       .help = "strength of that pull",
       .range = {0, 1e3},
       .unset = fmt::format("RBM {}, sparse autoencoder 3", kSparsityCost)},
      {.name = "sparsity-decay",
       .value = &sparsity_decay,
       .help = "of the running mean activity (Hinton 2012: 0.9 to 0.99)",
       .range = {0, kBelowOne}},
      {.name = "dropout",
       .value = &dropout,
       .help = "share of an RBM's hidden units that is left out, case by case",
       .range = {0, 0.99}},
  };
}

void check_estimator(const Rbm& rbm, const ContrastiveDivergenceOptions& o) {
  const Estimator& kind = estimator(o.estimator);
  const auto share = [](double x) { return x >= 0 && x < 1; };
  expect(o.cd_k >= 1 && o.cd_k <= kMostSteps, "cd_k", "1 to 1000", static_cast<double>(o.cd_k));
  expect(o.chains >= 1, "chains", "at least 1", static_cast<double>(o.chains));
  expect(share(o.fast_decay), "fast_decay", "a share from 0 to below 1", o.fast_decay);
  expect(o.offset_rate > 0 && o.offset_rate <= 1, "offset_rate", "above 0 to 1", o.offset_rate);
  expect(share(o.sparsity_decay), "sparsity_decay", "a share from 0 to below 1", o.sparsity_decay);
  expect(share(o.dropout), "dropout", "a share from 0 to below 1", o.dropout);
  const bool penalties = o.centered || o.sparsity_target != 0 || o.dropout > 0;
  if (o.estimator == "exact" && penalties)
    throw InvalidArgument("estimator exact: takes no centering, sparsity or dropout; try cd or pcd");
  if (o.estimator == "exact" && !rbm.visible->replicated() && exact_state_count(rbm) > kMostStatesForGradient)
    throw InvalidArgument(fmt::format(
        "estimator exact: expected a layer of at most {:.0f} states, found {} {} visible and {} {} hidden "
        "units; try cd or pcd",
        kMostStatesForGradient, rbm.visible_count(), rbm.visible->name(), rbm.hidden_count(), rbm.hidden->name()));
  if (rbm.visible->replicated() && (kind.persistent || o.estimator == "exact" || o.centered))
    throw InvalidArgument(fmt::format(
        "estimator {}{}: {} units have documents of their own length, which only chains from the data have; try cd",
        o.estimator, o.centered ? " with centering" : "", rbm.visible->name()));
}

}  // namespace dbn
