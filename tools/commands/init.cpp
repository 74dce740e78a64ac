// dbn init: what each start does to signals and gradients, and which one an activation wants.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/nn/lsuv.hpp>
#include <dbn/nn/start_profile.hpp>

#include "cases.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "output.hpp"

using namespace dbn;
using nlohmann::json;

namespace {

constexpr const char* kAll = "all";

struct InitOptions {
  bool explain = false;
  std::string init = kAll;
  std::vector<Index> layers{300, 300, 300};
  std::string activation = "relu";
  Index cases = 500;
  InitializerOptions initial;

  OptionFields fields() {
    auto choices = initializer_names();
    choices.emplace_back(kAll);
    OptionFields list{
        {.name = "explain", .value = &explain, .help = "measure starts on the cases, layer by layer"},
        {.name = "activation",
         .value = &activation,
         .help = "activation of the hidden layers",
         .choices = activation_names()},
        {.name = "layers", .value = &layers, .help = "hidden layers", .range = {1, 1e9}},
        {.name = "init", .value = &init, .help = "initializer to explain", .choices = choices},
        {.name = "cases", .value = &cases, .help = "training cases to measure with", .range = {1, 1e6}},
    };
    for (auto& field : initial.fields()) list.push_back(std::move(field));
    return list;
  }
};

/// One start and what it did.
struct Measured {
  const Initializer* start;
  std::vector<LayerProfile> layers;
  std::vector<std::string> faults;
};

// Each law once, though some have two names, and always the recommended one, to compare with.
std::vector<const Initializer*> chosen_starts(const InitOptions& options) {
  const std::string& recommended = activation(options.activation).initializer;
  std::vector<const Initializer*> chosen;
  for (const auto& row : initializers()) {
    const auto same = [&](const Initializer* other) {
      return other->fill_weights == row.fill_weights && other->gain_squared == row.gain_squared &&
             other->scale == row.scale && other->needs_data == row.needs_data;
    };
    const bool wanted = options.init == kAll ? std::none_of(chosen.begin(), chosen.end(), same)
                                             : row.name == options.init || row.name == recommended;
    if (wanted) chosen.push_back(&row);
  }
  return chosen;
}

const char* reason(const std::string& initializer) {
  if (initializer == "he")
    return "a rectifier lets about half of a signal's second moment through, so that weights need twice the variance "
           "1 / fan_in to keep it from layer to layer";
  if (initializer == "lecun")
    return "SELU draws every layer's outputs towards mean 0 and variance 1 by itself, if total inputs have the "
           "variance "
           "of the inputs: weights of variance 1 / fan_in";
  return "near 0 the function is nearly straight, so that weights of variance 1 / fan_in keep signals and 1 / fan_out "
         "keeps gradients; Xavier's 2 / (fan_in + fan_out) is the middle";
}

std::vector<Measured> measure(const InitOptions& options, const PreparedCases& cases, const std::vector<Index>& sizes,
                              std::uint64_t seed) {
  const auto chosen = spread_cases(cases.case_count(), options.cases);
  Matrix batch(cases.feature_count(), std::ssize(chosen));
  cases.gather_into(chosen, batch);
  std::vector<int> labels;
  for (const Index i : chosen) labels.push_back(cases.label(i));
  std::vector<Measured> all;
  for (const Initializer* start : chosen_starts(options)) {
    Mlp net = make_mlp(sizes, options.activation, start->name, seed, options.initial);
    fit_start(net, *start, cases);
    auto layers = start_profile(net, batch, labels);
    auto faults = start_faults(layers);
    all.push_back({start, std::move(layers), std::move(faults)});
  }
  return all;
}

// The weights, two double matrices of the largest layer (an orthogonal start, a Gram matrix), and a batch per layer.
double init_bytes(const std::vector<Index>& sizes, Index cases) {
  double units = 0, largest = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    units += static_cast<double>(sizes[i]);
    if (i > 0) largest = std::max(largest, static_cast<double>(sizes[i - 1]) * static_cast<double>(sizes[i]));
  }
  return sizeof(Scalar) * (parameter_count(sizes) + 3 * units * static_cast<double>(cases)) +
         3 * sizeof(double) * largest;
}

json as_json(const Measured& m) {
  json layers = json::array();
  for (const auto& l : m.layers)
    layers.push_back({{"units", l.units},
                      {"activation_mean", l.activation_mean},
                      {"activation_variance", l.activation_variance},
                      {"gradient_mean", l.gradient_mean},
                      {"gradient_variance", l.gradient_variance},
                      {"saturated", l.saturated},
                      {"dead", l.dead},
                      {"alike", l.alike},
                      {"smallest_singular_value", l.smallest_singular_value},
                      {"largest_singular_value", l.largest_singular_value}});
  return {{"initializer", m.start->name},
          {"source", m.start->source},
          {"activation_factor", activation_factor(m.layers)},
          {"gradient_factor", gradient_factor(m.layers)},
          {"faults", m.faults},
          {"layers", layers}};
}

std::string as_text(const Measured& m) {
  std::string text = fmt::format("{} ({})\n{:>5} {:>6} {:>11} {:>11} {:>11} {:>11} {:>10} {:>7} {:>7} {:>19}\n",
                                 m.start->name, m.start->source, "layer", "units", "act. mean", "act. var",
                                 "grad. mean", "grad. var", "saturated%", "dead%", "alike%", "singular values");
  for (std::size_t i = 0; i < m.layers.size(); ++i) {
    const auto& l = m.layers[i];
    text += fmt::format("{:>5} {:>6} {:>11.3g} {:>11.3g} {:>11.2g} {:>11.3g} {:>10.1f} {:>7.1f} {:>7.1f} {:>19}\n",
                        i + 1 < m.layers.size() ? fmt::format("{}", i + 1) : "out", l.units, l.activation_mean,
                        l.activation_variance, l.gradient_mean, l.gradient_variance, 100 * l.saturated, 100 * l.dead,
                        100 * l.alike,
                        fmt::format("{:.3g} to {:.3g}", l.smallest_singular_value, l.largest_singular_value));
  }
  return text + (m.faults.empty() ? "" : fmt::format("  ! {}\n", fmt::join(m.faults, "\n  ! "))) + "\n";
}

std::string summary(const std::vector<Measured>& all, const std::string& recommended) {
  std::string text = fmt::format("variance kept by a hidden layer, %\n  {:<20} {:>9} {:>10}  {}\n", "start", "signals",
                                 "gradients", "faults");
  for (const auto& m : all)
    text += fmt::format("{} {:<20} {:>9.3g} {:>10.3g}  {}\n", m.start->name == recommended ? '*' : ' ', m.start->name,
                        100 * activation_factor(m.layers), 100 * gradient_factor(m.layers),
                        m.faults.empty() ? "none" : fmt::format("{}", fmt::join(m.faults, "; ")));
  return text;
}

// Said where even the recommended start has its troubles, so that nobody takes it for a cure.
std::string caveat(const std::vector<Measured>& all, const std::string& recommended) {
  for (const auto& m : all)
    if (m.start->name == recommended && !m.faults.empty())
      return fmt::format(
          "Even this start has faults here ({}); they are the activation's or the layers', and "
          "pretraining or another activation may help.\n",
          fmt::join(m.faults, "; "));
  return "";
}

void report(const InitOptions& options, const std::vector<Index>& sizes, const std::vector<Measured>& all,
            const CommandLine& line) {
  const std::string& recommended = activation(options.activation).initializer;
  if (line.global.json) {
    json starts = json::array();
    for (const auto& m : all) starts.push_back(as_json(m));
    return print_json({{"command", "init"},
                       {"seed", line.seed()},
                       {"activation", options.activation},
                       {"sizes", sizes},
                       {"recommended", recommended},
                       {"reason", reason(recommended)},
                       {"starts", starts}});
  }
  std::string text;
  if (options.explain) {
    text = fmt::format("{}, {} units, seed {}; gradients are of the total inputs\n\n", fmt::join(sizes, "-"),
                       options.activation, line.seed());
    for (const auto& m : all) text += as_text(m);
    text += summary(all, recommended) + "\n";
  }
  print(text +
        fmt::format("Recommended for {}: {}, because {}.\n", options.activation, recommended, reason(recommended)) +
        caveat(all, recommended));
}

}  // namespace

void run_init(std::span<const std::string> arguments) {
  CommandLine line(
      "init",
      "Says which start an activation wants. With --explain it measures starts on data: mean and variance "
      "of activations and of back-propagated gradients, saturated, dead and alike units, singular values.");
  InitOptions options;
  DataOptions data;
  line.add(options.fields());
  line.add(data.fields(), "data");
  if (!line.parse(arguments)) return;

  for (const char* option : {"init", "layers", "cases", "data", "init-gain", "init-scale", "init-connections"})
    if (!options.explain && line.given(option))
      throw InvalidArgument(fmt::format("--{}: has no effect without --explain, which measures", option));
  std::vector<Index> sizes;
  std::vector<Measured> all;
  if (options.explain) {
    const TrainingCases cases = load_training_cases(data, line.seed(), nullptr);
    const PreparedCases labelled = cases.labelled(data.labels, line.seed());
    sizes.push_back(labelled.feature_count());
    sizes.insert(sizes.end(), options.layers.begin(), options.layers.end());
    sizes.push_back(labelled.class_count());
    const double bytes = init_bytes(sizes, options.cases);
    check_memory(line, "measuring starts", bytes, "try fewer or smaller --layers, or fewer --cases");
    if (line.global.dry_run) return print(describe_plan(sizes, bytes, 0));
    all = measure(options, labelled, sizes, line.seed());
  }
  report(options, sizes, all, line);
}
