// Hinton & Salakhutdinov, Science 313 (2006): a deep autoencoder that starts from RBMs gives its inputs back far better
// than principal components of the same width do, and better than one that starts at random. Here the random ones have
// the starts that were found later, and about as many seconds as pretraining and fine-tuning take together.

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/experiment/pca.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/nn/reconstruction_evaluation.hpp>
#include <dbn/pretrain/unroll.hpp>

#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

constexpr double kAboutEqual = 1.25;  // a factor between seconds that is still called equal

/// What one start came to, by seed.
struct Arm {
  std::string name;
  std::string what;         ///< in a line of the report
  std::string initializer;  ///< empty: from RBMs
  std::string activation;   ///< of hidden layers; empty: as the RBMs' units have it
  std::vector<double> errors = {}, seconds = {}, pretrain_seconds = {};
  std::vector<std::vector<double>> losses = {};
};

// The stack's start comes first.
using Arms = std::array<Arm, 3>;
Arms arms() {
  return {
      {{"rbm", "from RBMs", "", ""}, {"xavier", "Xavier start", "xavier", ""}, {"he", "He start, ReLU", "he", "relu"}}};
}

/// A net before fine-tuning, and what it took.
struct Start {
  Mlp net;
  double seconds = 0;
};

class DeepAutoencoder final : public Recipe {
 public:
  std::vector<RecipeSection> options() override {
    return {{"pretrain", pretrain_.fields()}, {"finetune.rbm", rbm_.fields()}, {"finetune.random", random_.fields()}};
  }
  OptionFields published() override {
    return {
        {.name = "autoencoder", .value = &published_, .help = "squared error of a test case, from RBMs"},
        {.name = "most-error", .value = &most_error_, .help = "of ours from RBMs"},
        {.name = "logistic-pca",
         .value = &published_logistic_,
         .help = "the same of logistic PCA, as wide as the code"},
        {.name = "pca", .value = &published_pca_, .help = "the same of PCA"},
        {.name = "pca-components", .value = &pca_components_, .help = "of that PCA", .range = {0, 1e9}},
        {.name = "tolerance-pca", .value = &tolerance_pca_, .help = "of our PCA, 0: none", .range = {.least = 0}},
    };
  }
  void check(const RecipeRun& run) const override;
  double memory(const RecipeRun& run) const override;
  RecipeResult run(const RecipeRun& run) const override;

 private:
  std::vector<Index> encoder_sizes(const RecipeRun& run) const {
    std::vector<Index> sizes{run.data.training->feature_count()};
    sizes.insert(sizes.end(), pretrain_.layers.begin(), pretrain_.layers.end());
    return sizes;
  }
  // Of the codes, and of the published figure.
  std::set<Index> pca_widths() const {
    std::set<Index> widths{pretrain_.layers.back()};
    if (pca_components_ > 0) widths.insert(pca_components_);
    return widths;
  }
  std::string activation_of(std::size_t layer) const {
    const LayerOptions one = layer_options(pretrain_, layer, 1);
    return pretrainer(one.pretrainer).activation(one);
  }
  FinetuneOptions finetune_options(const RecipeRun& run, bool from_rbms) const;
  std::vector<RecipeRow> pca_rows(const RecipeRun& run, const CaseSource& training, const CaseSource& test) const;
  Start start(const RecipeRun& run, const Arm& arm, const std::string& stack, const CaseSource& training,
              std::uint64_t seed) const;
  void run_arm(const RecipeRun& run, const PreparedCases& training, const CaseSource& test, std::uint64_t seed,
               Arm& arm) const;
  void report(const RecipeRun& run, const Arms& all, RecipeResult& result) const;
  std::string differences(const RecipeRun& run) const;

  PretrainOptions pretrain_;
  FinetuneOptions rbm_{.task = "autoencoder"};
  FinetuneOptions random_{.task = "autoencoder"};
  double published_ = 0, most_error_ = 0, published_logistic_ = 0, published_pca_ = 0, tolerance_pca_ = 0;
  Index pca_components_ = 0;
};

// The lowest layer's units alone decide the loss, so that it is known before there is a stack.
FinetuneOptions DeepAutoencoder::finetune_options(const RecipeRun& run, bool from_rbms) const {
  FinetuneOptions options = from_rbms ? rbm_ : random_;
  if (!options.loss.empty()) return options;
  Stack lowest;
  const Index features = run.data.training->feature_count();
  lowest.layers.emplace_back(make_rbm(layer_options(pretrain_, 0, features).visible, "bernoulli", features, 1,
                                      Stream(0, Purpose::initial_weights)));
  options.loss = reconstruction_loss_of(lowest);
  return options;
}

void DeepAutoencoder::check(const RecipeRun& run) const {
  if (!run.data.training || !run.data.test)
    throw InvalidArgument("recipe: expected training and test cases; see --data and --test");
  for (const auto& name : pretrain_.pretrainer)
    if (name != "rbm")
      throw InvalidArgument(fmt::format("--pretrain.pretrainer: expected rbm in every layer, found {}", name));
  pretrain_.validate();
  for (const FinetuneOptions* options : {&rbm_, &random_})
    if (options->task != "autoencoder")
      throw InvalidArgument(fmt::format("--finetune: expected the task autoencoder, found {}", options->task));
  if (const Index widest = *pca_widths().rbegin(); widest > run.data.training->feature_count())
    throw InvalidArgument(fmt::format("{}: expected at least the {} features that PCA makes components of, found {}",
                                      run.data.training->name, widest, run.data.training->feature_count()));
  for (std::size_t i = 0; i < pretrain_.layers.size(); ++i) activation_of(i);
  const PreparedCases training = training_cases(run);
  for (const bool from_rbms : {true, false}) {
    const FinetuneOptions options = finetune_options(run, from_rbms);
    check_fine_tune(mirrored(encoder_sizes(run)), training, nullptr, options);
    check_inputs(test_cases(run), loss_of(options));
  }
}

double DeepAutoencoder::memory(const RecipeRun& run) const {
  const Index features = run.data.training->feature_count(), cases = run.data.training->case_count();
  const std::vector<Index> sizes = mirrored(encoder_sizes(run));
  const double tuning = std::max(fine_tune_memory(sizes, rbm_, cases), fine_tune_memory(sizes, random_, cases));
  return std::max({pca_memory(features, *pca_widths().rbegin()), pretrain_memory(features, pretrain_, cases, 0),
                   stack_memory(features, pretrain_) + tuning});
}

Pca narrowed(Pca pca, Index width) {
  pca.components = pca.components.leftCols(width).eval();
  return pca;
}

// One decomposition serves all widths.
std::vector<RecipeRow> DeepAutoencoder::pca_rows(const RecipeRun& run, const CaseSource& training,
                                                 const CaseSource& test) const {
  const std::set<Index> widths = pca_widths();
  const auto numbers = run.once(fmt::format("pca-{}", fmt::join(widths, "-")), [&](RunKeeper*) -> Numbers {
    if (run.observer.stage) run.observer.stage("principal components");
    const Stopwatch watch;
    const Pca pca = principal_components(training, *widths.rbegin());
    const double seconds = watch.seconds();
    std::vector<double> errors;
    for (const Index width : widths) errors.push_back(reconstruction_error(narrowed(pca, width), test));
    return {{"errors", errors}, {"seconds", {seconds}}};
  });
  std::vector<RecipeRow> rows;
  for (const Index width : widths) {
    const bool published = width == pca_components_;
    const std::string what = fmt::format("PCA, {} components", width);
    RecipeRow row = recipe_row("test squared error, " + what, published ? fmt::format("{:g}", published_pca_) : "",
                               {numbers.at("errors").at(rows.size())}, numbers.at("seconds").at(0));
    if (published && tolerance_pca_ > 0) row.target = within(tolerance_pca_, published_pca_, row.measured);
    if (run.observer.line)
      run.observer.line(
          fmt::format("{:<26}  test squared error {:.2f}  {:.0f} s", what, row.measured.mean, row.seconds));
    rows.push_back(std::move(row));
  }
  return rows;
}

Start DeepAutoencoder::start(const RecipeRun& run, const Arm& arm, const std::string& stack, const CaseSource& training,
                             std::uint64_t seed) const {
  if (!arm.initializer.empty())
    return {.net = make_deep_autoencoder(encoder_sizes(run), arm.activation.empty() ? activation_of(0) : arm.activation,
                                         activation_of(pretrain_.layers.size() - 1), arm.initializer, seed)};
  const PretrainResult result =
      pretrain_step(run, stack, fmt::format("seed {}, pretraining", seed), training, pretrain_, seed);
  Start begun{.net = unroll_autoencoder(result.stack)};
  for (const auto& layer : result.history) begun.seconds += training_seconds(layer);
  return begun;
}

void DeepAutoencoder::run_arm(const RecipeRun& run, const PreparedCases& training, const CaseSource& test,
                              std::uint64_t seed, Arm& arm) const {
  const std::string stack = fmt::format("seed-{}.stack", seed);
  const std::string what = fmt::format("seed {}, {}", seed, arm.what);
  const auto numbers = run.once(fmt::format("seed-{}.{}", seed, arm.name), [&](RunKeeper* keeper) -> Numbers {
    const FinetuneOptions options = finetune_options(run, arm.initializer.empty());
    Start begun = start(run, arm, stack, training, seed);
    const auto tuned = finetune_step(run, what, std::move(begun.net), training, options, seed, keeper);
    return {{"error", {evaluate_reconstruction(tuned.net, test, loss_of(options)).squared_error}},
            {"pretrain seconds", {begun.seconds}},
            {"seconds", {begun.seconds + training_seconds(tuned.history)}},
            {"losses", losses_of(tuned.history)}};
  });
  if (arm.initializer.empty()) run.forget(stack);
  arm.errors.push_back(numbers.at("error").at(0));
  arm.seconds.push_back(numbers.at("seconds").at(0));
  arm.pretrain_seconds.push_back(numbers.at("pretrain seconds").at(0));
  arm.losses.push_back(numbers.at("losses"));
  if (run.observer.line)
    run.observer.line(fmt::format("{:<26}  test squared error {:.2f}  {:.0f} s, {:.0f} of them pretraining", what,
                                  arm.errors.back(), arm.seconds.back(), arm.pretrain_seconds.back()));
}

RecipeResult DeepAutoencoder::run(const RecipeRun& run) const {
  const PreparedCases training = training_cases(run), test = test_cases(run);
  RecipeResult result;
  result.rows = pca_rows(run, training, test);
  Arms all = arms();
  for (Index i = 0; i < run.seeds; ++i)
    for (Arm& arm : all) run_arm(run, training, test, run.seed + static_cast<std::uint64_t>(i), arm);
  report(run, all, result);
  return result;
}

// Whether pretraining earned its seconds, against the better of the random starts.
std::string verdict(const Arm& pretrained, const Arm& random) {
  const MeanEstimate difference = paired_difference(pretrained.errors, random.errors);
  const double ratio = mean_of(random.seconds) / mean_of(pretrained.seconds);
  const bool equal = ratio <= kAboutEqual && ratio >= 1 / kAboutEqual;
  const std::string time = fmt::format("{:.2f} times the seconds of pretraining and fine-tuning", ratio);
  const std::string fair = equal ? "At about equal seconds" : "Seconds are not equal, so this is not a fair race, but";
  std::string chance = "; one seed, or seeds that all differ by it, so chance may have a part in it";
  bool apart = difference.mean != 0;
  if (const auto& interval = difference.interval) {
    chance = fmt::format(", paired 95 % interval {:+.2f} to {:+.2f}", (*interval)[0], (*interval)[1]);
    apart = (*interval)[0] > 0 || (*interval)[1] < 0;
  }
  const char* outcome = !apart                ? "neither pretraining nor the random start wins"
                        : difference.mean < 0 ? "pretraining wins"
                                              : "pretraining does not win";
  return fmt::format(
      "{} {}: squared error {:.2f} from RBMs, {:.2f} from the better random start ({}), which took {} "
      "(difference {:+.2f}{}).",
      fair, outcome, mean_of(pretrained.errors), mean_of(random.errors), random.what, time, difference.mean, chance);
}

// What is not as in the paper, so that nobody takes a number for more than it is.
std::string DeepAutoencoder::differences(const RecipeRun& run) const {
  return fmt::format(
      "Layers are trained for {} epochs at rates {} (the paper: 50 at 0.1, 0.001 for linear codes), the whole net from "
      "RBMs for {} epochs by {} and from random starts for {} (the paper: conjugate gradient on batches of 1000). {} "
      "training cases and {} test cases; published numbers are of all.",
      fmt::join(pretrain_.epochs, ", "), fmt::join(pretrain_.learning_rate, ", "), rbm_.epochs, rbm_.optimizer,
      random_.epochs, run.data.training->case_count(), run.data.test->case_count());
}

void DeepAutoencoder::report(const RecipeRun& run, const Arms& all, RecipeResult& result) const {
  const Arm& pretrained = all.front();
  const std::string loss = finetune_options(run, true).loss, random_loss = finetune_options(run, false).loss;
  RecipeChart losses{.title = "training loss by epoch, " + (loss == random_loss ? loss : loss + " and " + random_loss),
                     .curves = {}};
  for (const Arm& arm : all) {
    const bool published = &arm == &pretrained;
    result.rows.push_back(recipe_row("test squared error, " + arm.what,
                                     published ? fmt::format("{:g}", published_) : "", arm.errors,
                                     mean_of(arm.seconds)));
    if (published) result.rows.back().target = at_most(most_error_, result.rows.back().measured);
    losses.curves.push_back({arm.what, mean_curve(arm.losses)});
  }
  const Arm& better = mean_of(all[1].errors) <= mean_of(all[2].errors) ? all[1] : all[2];
  std::vector<double> gain = pretrained.errors;
  for (std::size_t i = 0; i < gain.size(); ++i) gain[i] -= better.errors[i];
  result.rows.push_back(recipe_row("from RBMs minus " + better.what, "", gain, 0));
  result.rows.push_back(
      recipe_row("pretraining, seconds a seed", "", pretrained.pretrain_seconds, mean_of(pretrained.pretrain_seconds)));
  result.charts.push_back(std::move(losses));
  result.remarks = {
      verdict(pretrained, better),
      fmt::format("Published beside it: logistic PCA, as wide as the code, leaves {:g}.", published_logistic_),
      differences(run)};
  if (run.data.training->name.starts_with("synthetic:"))
    result.remarks.push_back(
        "These pictures are made by dbn, not those of the paper. Their pen and margin were chosen so that as many "
        "principal components as in the row of PCA leave what was published, which is no finding.");
}

}  // namespace

std::unique_ptr<Recipe> make_deep_autoencoder_recipe() { return std::make_unique<DeepAutoencoder>(); }

}  // namespace dbn::detail
