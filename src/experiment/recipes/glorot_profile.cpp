// Glorot & Bengio (2010) and He et al. (2015) on nets at their start: how much of a signal each layer lets through.

#include <array>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/experiment/glorot_profile.hpp>

#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

/// A start of a ReLU net and the factor on the second moment that a layer leaves in theory.
struct ReluStart {
  const char* name;
  double factor;
};
constexpr std::array<ReluStart, 2> kReluStarts{{{"he", 1}, {"xavier", 0.5}}};

// The same list of every seed.
std::vector<std::vector<double>> lists(const std::vector<Numbers>& seeds, const std::string& name) {
  std::vector<std::vector<double>> all;
  for (const auto& numbers : seeds) all.push_back(numbers.at(name));
  return all;
}

// Of each seed, the geometric mean of the factors from one layer to the next.
std::vector<double> layer_factors(const std::vector<std::vector<double>>& by_seed) {
  std::vector<double> factors;
  for (const auto& layers : by_seed)
    factors.push_back(std::pow(layers.back() / layers.front(), 1 / static_cast<double>(layers.size() - 1)));
  return factors;
}

// The layer where the mean over seeds strays most from what theory expects of it, inputs having second moment 1.
std::string far_from_theory(const std::vector<double>& moments, double factor) {
  double worst = 1;
  std::size_t at = 0;
  for (std::size_t layer = 0; layer < moments.size(); ++layer) {
    const double ratio = moments[layer] / std::pow(factor, static_cast<double>(layer + 1));
    if (std::abs(ratio - 1) < std::abs(worst - 1)) continue;
    worst = ratio;
    at = layer;
  }
  return fmt::format("the mean second moment is never further from its expectation than {:+.1f} %, in layer {}.",
                     100 * (worst - 1), at + 1);
}

class GlorotProfileRecipe final : public Recipe {
 public:
  std::vector<RecipeSection> options() override {
    return {
        {"net",
         {{.name = "width", .value = &net_.width, .help = "units of every layer", .range = {1, 1e4}},
          {.name = "cases", .value = &net_.cases, .help = "N(0, 1) cases that the nets are shown", .range = {1, 1e6}},
          {.name = "jacobian-cases",
           .value = &net_.jacobian_cases,
           .help = "of these, how many have their Jacobians taken",
           .range = {1, 1e6}}}},
        {"relu", {{.name = "depth", .value = &relu_depth_, .help = "layers of the ReLU net", .range = {2, 1e4}}}}};
  }
  OptionFields published() override {
    return {
        {.name = "deviation-tolerance", .value = &deviation_tolerance_, .help = "percent"},
        {.name = "singular-value-tolerance", .value = &singular_tolerance_, .help = "of a mean singular value"},
        {.name = "factor-tolerance", .value = &factor_tolerance_, .help = "of a layer's factor on the second moment"},
        {.name = "moment-tolerance", .value = &moment_tolerance_, .help = "percent of the last layer's second moment"},
    };
  }
  void check(const RecipeRun&) const override {
    if (net_.jacobian_cases > net_.cases)
      throw InvalidArgument(fmt::format("--net.jacobian-cases: expected at most {}, the cases, found {}", net_.cases,
                                        net_.jacobian_cases));
  }
  // Weights and cases in the scalar, a few matrices of an eigenvalue problem in double on every thread at most.
  double memory(const RecipeRun&) const override {
    const auto width = static_cast<double>(net_.width);
    return width * width * (sizeof(Scalar) + sizeof(double) * (1 + 4 * static_cast<double>(net_.jacobian_cases))) +
           4 * width * static_cast<double>(net_.cases) * sizeof(double);
  }
  RecipeResult run(const RecipeRun& run) const override;

 private:
  Numbers measure(std::uint64_t seed) const;
  void report_tanh(const PublishedProfile& published, const std::vector<Numbers>& seeds, double seconds,
                   RecipeResult& result) const;
  void report_relu(const ReluStart& start, const std::vector<Numbers>& seeds, double seconds,
                   RecipeResult& result) const;

  ProfileNet net_;
  Index relu_depth_ = 30;
  double deviation_tolerance_ = 0, singular_tolerance_ = 0, factor_tolerance_ = 0, moment_tolerance_ = 0;
};

Numbers GlorotProfileRecipe::measure(std::uint64_t seed) const {
  const Stopwatch watch;
  Numbers numbers;
  for (const auto& published : published_profiles()) {
    const GlorotProfile found =
        glorot_profile(published.initializer, published.options, published.activation_deviation[0], seed, net_);
    numbers["deviation " + published.name] = found.activation_deviation;
    numbers["singular " + published.name] = {mean_of(found.singular_value)};
    numbers["expected " + published.name] = {mean_of(found.expected_singular_value)};
  }
  ProfileNet deep = net_;
  deep.depth = relu_depth_;
  for (const auto& start : kReluStarts)
    numbers[fmt::format("relu {}", start.name)] = relu_second_moments(start.name, seed, deep);
  numbers["seconds"] = {watch.seconds()};
  return numbers;
}

// Every number of a seed is measured together, so that each row has the same seconds.
RecipeResult GlorotProfileRecipe::run(const RecipeRun& run) const {
  std::vector<Numbers> seeds;
  std::vector<double> seconds;
  if (run.observer.stage) run.observer.stage(fmt::format("measuring the nets of {} seeds", run.seeds));
  for (Index i = 0; i < run.seeds; ++i) {
    const auto seed = run.seed + static_cast<std::uint64_t>(i);
    seeds.push_back(run.once(fmt::format("seed-{}", seed), [&](RunKeeper*) { return measure(seed); }));
    seconds.push_back(seeds.back().at("seconds").at(0));
    if (run.observer.progress) run.observer.progress(static_cast<double>(i + 1) / static_cast<double>(run.seeds));
  }
  RecipeResult result;
  result.charts = {{"deviation of a tanh net's activations, by layer", {}},
                   {"second moment of a ReLU net's activations, by layer", {}}};
  for (const auto& published : published_profiles()) report_tanh(published, seeds, mean_of(seconds), result);
  for (const auto& start : kReluStarts) report_relu(start, seeds, mean_of(seconds), result);
  return result;
}

// The first layer's deviation is what the inputs are scaled for.
void GlorotProfileRecipe::report_tanh(const PublishedProfile& published, const std::vector<Numbers>& seeds,
                                      double seconds, RecipeResult& result) const {
  const auto deviations = lists(seeds, "deviation " + published.name);
  for (std::size_t layer = 1; layer < published.activation_deviation.size(); ++layer) {
    const double wanted = published.activation_deviation[layer];
    std::vector<double> values;
    for (const auto& list : deviations) values.push_back(list.at(layer));
    auto& row =
        result.rows.emplace_back(recipe_row(fmt::format("tanh, {}: activation sd, layer {}", published.name, layer + 1),
                                            fmt::format("{:g}", wanted), std::move(values), seconds));
    row.target = within(deviation_tolerance_ / 100 * wanted, wanted, row.measured);
  }
  std::vector<double> values, expected;
  for (const auto& numbers : seeds) {
    values.push_back(numbers.at("singular " + published.name).at(0));
    expected.push_back(numbers.at("expected " + published.name).at(0));
  }
  auto& row =
      result.rows.emplace_back(recipe_row(fmt::format("tanh, {}: mean Jacobian singular value", published.name),
                                          fmt::format("{:g}", published.singular_value), std::move(values), seconds));
  row.target = within(singular_tolerance_, published.singular_value, row.measured);
  result.charts[0].curves.push_back({published.name, mean_curve(deviations)});
  result.remarks.push_back(
      fmt::format("tanh, {}: from layer to layer the deviation is multiplied by {:.3f}; random matrix theory expects "
                  "singular values of {:.3f} on average, measured {:.3f}.",
                  published.name, mean_of(layer_factors(deviations)), mean_of(expected), row.measured.mean));
}

void GlorotProfileRecipe::report_relu(const ReluStart& start, const std::vector<Numbers>& seeds, double seconds,
                                      RecipeResult& result) const {
  const auto moments = lists(seeds, fmt::format("relu {}", start.name));
  auto& factor =
      result.rows.emplace_back(recipe_row(fmt::format("ReLU, {}: factor on the second moment, a layer", start.name),
                                          fmt::format("{:g} (theory)", start.factor), layer_factors(moments), seconds));
  factor.target = within(factor_tolerance_, start.factor, factor.measured);
  const auto means = mean_curve(moments);
  if (start.factor == 1) {  // the others have all but nothing left to hold against it
    std::vector<double> last;
    for (const auto& layers : moments) last.push_back(layers.back());
    auto& row =
        result.rows.emplace_back(recipe_row(fmt::format("ReLU, {}: second moment, layer {}", start.name, relu_depth_),
                                            "1 (theory)", std::move(last), seconds));
    row.target = within(moment_tolerance_ / 100, 1, row.measured);
  }
  result.charts[1].curves.push_back({start.name, means});
  result.remarks.push_back(fmt::format("ReLU, {}: {}", start.name, far_from_theory(means, start.factor)));
}

}  // namespace

std::unique_ptr<Recipe> make_glorot_profile() { return std::make_unique<GlorotProfileRecipe>(); }

}  // namespace dbn::detail
