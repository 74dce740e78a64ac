// Six starts of a small ReLU net on a task that a line solves: what a start is worth before anything else matters. The
// published numbers are PyTorch's; a textbook prints others.

#include <algorithm>
#include <cmath>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/data/synthetic.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/mlp.hpp>

#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

// Standard errors that our mean may differ from PyTorch's: several rows are read at once.
constexpr double kMostErrors = 3;

/// What one start came to, by seed.
struct StartRuns {
  std::vector<double> loss, accuracy, moved, seconds;
  std::vector<std::vector<double>> losses;
};

// How many weights and biases differ, those of the output layer's units apart.
double moved_parameters(Mlp before, Mlp after) {
  const auto then = before.tensors();
  const auto now = after.tensors();
  Index count = 0;
  for (std::size_t t = 0; t + 1 < then.size(); ++t) count += (then[t].values.array() != now[t].values.array()).count();
  return static_cast<double>(count);
}

class SeedLinear final : public Recipe {
 public:
  std::vector<RecipeSection> options() override {
    return {{"task",
             {{.name = "cases", .value = &cases_, .help = "training cases", .range = {1, 1e6}},
              {.name = "layers", .value = &layers_, .help = "hidden layers", .range = {1, 1e6}}}},
            {"finetune", finetune_.fields()}};
  }
  OptionFields published() override {
    return {
        {.name = "starts", .value = &starts_, .help = "initializers, for all layers"},
        {.name = "loss", .value = &loss_, .help = "mean of PyTorch's training loss after the last update, by start"},
        {.name = "loss-deviation", .value = &loss_deviation_, .help = "sample standard deviation over seeds"},
        {.name = "seeds", .value = &seeds_, .help = "of PyTorch's runs", .range = {1, 1e6}},
        {.name = "zeros-accuracy", .value = &zeros_accuracy_, .help = "percent, mean and deviation"},
        {.name = "textbook-starts", .value = &textbook_starts_, .help = "starts that a textbook prints"},
        {.name = "textbook-loss", .value = &textbook_loss_, .help = "loss that it prints for them"},
    };
  }
  void check(const RecipeRun&) const override {
    finetune_.validate_for(layers_.size() + 1);
    if (loss_.size() != starts_.size() || loss_deviation_.size() != starts_.size() || zeros_accuracy_.size() != 2 ||
        textbook_loss_.size() != textbook_starts_.size())
      throw InvalidArgument("seed-linear: expected a published number for each start");
  }
  double memory(const RecipeRun& run) const override {
    const double data = 100 * static_cast<double>(cases_) * sizeof(Scalar);
    const auto at_once = std::min<Index>(thread_count(), run.seeds * static_cast<Index>(starts_.size()));
    return static_cast<double>(at_once) * (data + fine_tune_memory(sizes(), finetune_, cases_));
  }
  RecipeResult run(const RecipeRun& run) const override;

 private:
  std::vector<Index> sizes() const {
    std::vector<Index> all{100};
    all.insert(all.end(), layers_.begin(), layers_.end());
    all.push_back(2);
    return all;
  }
  Numbers train(const std::string& start, std::uint64_t seed, RunKeeper* keeper) const;
  RecipeTarget as_pytorch(const RecipeRow& row, double mean, double deviation) const;
  RecipeResult report(const std::vector<StartRuns>& runs) const;
  void report_zeros(const StartRuns& zeros, RecipeResult& result) const;
  std::string zeros_remark(const StartRuns& zeros) const;
  std::string textbook_remark(const std::vector<StartRuns>& runs) const;
  std::string he_remark(const std::vector<StartRuns>& runs) const;
  const StartRuns* of(const std::string& start, const std::vector<StartRuns>& runs) const {
    const auto at = std::find(starts_.begin(), starts_.end(), start);
    return at == starts_.end() ? nullptr : &runs[static_cast<std::size_t>(at - starts_.begin())];
  }

  Index cases_ = 1000;
  std::vector<Index> layers_{128, 64, 32};
  FinetuneOptions finetune_;
  std::vector<std::string> starts_{"zeros"};
  std::vector<double> loss_{0}, loss_deviation_{0}, zeros_accuracy_{0, 0};
  Index seeds_ = 1;
  std::vector<std::string> textbook_starts_;
  std::vector<double> textbook_loss_;
};

Numbers SeedLinear::train(const std::string& start, std::uint64_t seed, RunKeeper* keeper) const {
  const auto data = std::make_shared<const Dataset>(
      synthetic_dataset("seed-linear").make(Stream(seed, Purpose::synthetic_training), cases_));
  const PreparedCases cases(data, all_cases(cases_), {});
  const Mlp net = make_mlp(sizes(), "relu", start, seed, {.output = start});
  const auto trained = fine_tune(net, cases, nullptr, finetune_, seed, {}, keeper);
  const Evaluation after = evaluate(trained.net, cases);
  return {{"loss", {after.cross_entropy}},
          {"accuracy", {100 - after.error}},
          {"moved", {moved_parameters(net, trained.net)}},
          {"seconds", {training_seconds(trained.history)}},
          {"losses", losses_of(trained.history)}};
}

// The nets are small: several are trained at once, one thread each.
RecipeResult SeedLinear::run(const RecipeRun& run) const {
  const auto starts = std::ssize(starts_);
  const Index count = run.seeds * starts;
  std::vector<Numbers> all(static_cast<std::size_t>(count));
  if (run.observer.stage) run.observer.stage(fmt::format("training {} nets", count));
  std::mutex mutex;
  Index done = 0;
  parallel_for(count, [&](Index i) {
    const auto seed = run.seed + static_cast<std::uint64_t>(i / starts);
    const std::string& start = starts_[static_cast<std::size_t>(i % starts)];
    all[static_cast<std::size_t>(i)] =
        run.once(fmt::format("seed-{}.{}", seed, start), [&](RunKeeper* keeper) { return train(start, seed, keeper); });
    const std::lock_guard lock(mutex);
    if (run.observer.progress) run.observer.progress(static_cast<double>(++done) / static_cast<double>(count));
  });
  std::vector<StartRuns> runs(starts_.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    StartRuns& own = runs[i % starts_.size()];
    own.loss.push_back(all[i].at("loss").at(0));
    own.accuracy.push_back(all[i].at("accuracy").at(0));
    own.moved.push_back(all[i].at("moved").at(0));
    own.seconds.push_back(all[i].at("seconds").at(0));
    own.losses.push_back(all[i].at("losses"));
  }
  return report(runs);
}

// PyTorch's deviation serves both means, so that few seeds of ours do not make the bound.
RecipeTarget SeedLinear::as_pytorch(const RecipeRow& row, double mean, double deviation) const {
  const double error =
      deviation * std::sqrt(1 / static_cast<double>(row.values.size()) + 1 / static_cast<double>(seeds_));
  return within(kMostErrors * error, mean, row.measured);
}

RecipeResult SeedLinear::report(const std::vector<StartRuns>& runs) const {
  RecipeResult result;
  RecipeChart losses{.title = "training loss, nats, by epoch", .curves = {}};
  for (std::size_t i = 0; i < starts_.size(); ++i) {
    auto& row = result.rows.emplace_back(recipe_row("loss, " + starts_[i],
                                                    fmt::format("{:g} (sd {:g})", loss_[i], loss_deviation_[i]),
                                                    runs[i].loss, mean_of(runs[i].seconds)));
    row.target = as_pytorch(row, loss_[i], loss_deviation_[i]);
    losses.curves.push_back({starts_[i], mean_curve(runs[i].losses)});
  }
  result.charts.push_back(std::move(losses));
  if (const StartRuns* zeros = of("zeros", runs)) report_zeros(*zeros, result);
  if (!textbook_starts_.empty()) result.remarks.push_back(textbook_remark(runs));
  if (auto remark = he_remark(runs); !remark.empty()) result.remarks.push_back(std::move(remark));
  return result;
}

void SeedLinear::report_zeros(const StartRuns& zeros, RecipeResult& result) const {
  const double seconds = mean_of(zeros.seconds);
  const double mean = zeros_accuracy_[0];
  const double deviation = zeros_accuracy_[1];
  auto& accuracy = result.rows.emplace_back(
      recipe_row("accuracy %, zeros", fmt::format("{:g} (sd {:g})", mean, deviation), zeros.accuracy, seconds));
  accuracy.target = as_pytorch(accuracy, mean, deviation);
  auto& moved = result.rows.emplace_back(
      recipe_row("zeros: parameters that moved, output biases apart", "0", zeros.moved, seconds));
  moved.target = RecipeTarget{"0", moved.measured.mean == 0};
  result.remarks.push_back(zeros_remark(zeros));
}

std::string SeedLinear::zeros_remark(const StartRuns& zeros) const {
  const double all = parameter_count(sizes()) - 2;
  if (mean_of(zeros.moved) > 0)
    return fmt::format("Started from zeros, {:.0f} of {:.0f} parameters move beside the output biases.",
                       mean_of(zeros.moved), all);
  return fmt::format(
      "Started from zeros, not one of {:.0f} parameters ever moves, only the two output biases do: the net "
      "learns how frequent the classes are and is right in {:.1f} % of the cases.",
      all, mean_of(zeros.accuracy));
}

// A printed number holds when it lies among our runs.
std::string SeedLinear::textbook_remark(const std::vector<StartRuns>& runs) const {
  std::vector<std::string> off;
  for (std::size_t i = 0; i < textbook_starts_.size(); ++i) {
    const StartRuns* own = of(textbook_starts_[i], runs);
    if (own == nullptr) continue;
    const auto [least, most] = std::minmax_element(own->loss.begin(), own->loss.end());
    if (textbook_loss_[i] >= *least && textbook_loss_[i] <= *most) continue;
    off.push_back(fmt::format("{} for {}, where {} seeds give {:.2g} to {:.2g}", textbook_loss_[i], textbook_starts_[i],
                              own->loss.size(), *least, *most));
  }
  const std::string table = fmt::format("A textbook prints losses of {} for {}", fmt::join(textbook_loss_, ", "),
                                        fmt::join(textbook_starts_, ", "));
  if (off.empty()) return table + ": these seeds do not contradict it.";
  return fmt::format("{}. That table does not hold: it has {}.", table, fmt::join(off, "; "));
}

std::string SeedLinear::he_remark(const std::vector<StartRuns>& runs) const {
  const StartRuns* xavier = of("xavier-uniform", runs);
  const StartRuns* he = of("he-uniform", runs);
  if (xavier == nullptr || he == nullptr) return "";
  const MeanEstimate difference = paired_difference(he->loss, xavier->loss);
  if (!difference.interval) return "These seeds do not tell Xavier from He: one, or equal differences.";
  const auto [low, high] = *difference.interval;
  const std::string numbers = fmt::format("He's loss minus Xavier's: {:.2g} (paired 95 % interval {:.2g} to {:.2g})",
                                          difference.mean, low, high);
  if (low > 0) return numbers + ": on this task Xavier beats He, though the units are rectifiers.";
  if (high < 0) return numbers + ": on this task He beats Xavier.";
  return numbers + ": these seeds do not tell them apart.";
}

}  // namespace

std::unique_ptr<Recipe> make_seed_linear() { return std::make_unique<SeedLinear>(); }

}  // namespace dbn::detail
