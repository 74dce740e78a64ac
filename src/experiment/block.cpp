#include "block.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/lsuv.hpp>
#include <dbn/pretrain/unroll.hpp>
#include <dbn/pretrain/visible_units.hpp>

#include "net_portrait.hpp"
#include "shuffled_layers.hpp"
#include "tuning.hpp"

namespace dbn::detail {
namespace {

template <typename Epoch>
double training_seconds(const std::vector<Epoch>& history) {
  double sum = 0;
  for (const auto& epoch : history) sum += epoch.seconds;
  return sum;
}

Index updates_of(const FinetuneOptions& options, Index cases, Index epochs) {
  const Index batch = batch_size(options, cases);
  return epochs * ((cases + batch - 1) / batch);
}

}  // namespace

Block::Block(const DataFiles& data, const std::string& scale, const ComparisonOptions& options, const Plan& plan,
             std::uint64_t seed, const KeptRuns& kept)
    : data_(data),
      options_(options),
      plan_(plan),
      kept_(kept),
      seed_(seed),
      split_(split_validation(*data.training, options.validation, seed)),
      preprocessing_(
          fit_preprocessing(scale, *data.training, split_.training, Binarization::parse(options.binarize, seed))),
      training_(data.training, split_.training, preprocessing_),
      validation_(data.training, labelled_cases(*data.training, split_.validation), preprocessing_),
      test_(data.test, labelled_cases(*data.test, all_cases(data.test->case_count())), preprocessing_) {}

// How long a start that trains longer is trained follows from other starts, so it is part of the name.
std::string Block::kept_name(const Treatment& treatment) const {
  const std::string name = fmt::format("{}.seed-{}.{}.{}.{}-labels", kept_.prefix, seed_, treatment.start,
                                       layers_text(treatment.layers), treatment.labels);
  if (plan_.start_of(treatment).control != Control::longer) return name;
  return fmt::format("{}.{}-epochs", name, finetune_options(options_, plan_, data_, treatment).epochs);
}

std::string Block::kept_name(const StackPlan& stack) const {
  const std::string on = stack.labels > 0 ? fmt::format("{}-labels-", stack.labels) : "";
  return fmt::format("{}.seed-{}.{}.{}.{}stack", kept_.prefix, seed_, stack.start, layers_text(stack.layers), on);
}

// For messages of one run among many.
std::string Block::place(const std::string& start, const std::vector<Index>& layers, Index labels) const {
  return fmt::format("start {}, layers {}, seed {}{}: ", start, layers_text(layers), seed_,
                     labels > 0 ? fmt::format(", {} labels", labels) : "");
}

std::string Block::place(const Treatment& treatment) const {
  return place(treatment.start, treatment.layers, treatment.labels);
}

PreparedCases Block::labelled(Index count) const {
  return {data_.training, choose_labels(*data_.training, split_.training, count, seed_), preprocessing_};
}

void Block::expect_stacks(const std::vector<StackPlan>& wanted) {
  for (const auto& stack : wanted) stacks_.push_back({.plan = stack});
}

void Block::pretrain_stack(const StackPlan& wanted, Jobs& jobs, Jobs::Tell tell) {
  const auto place_in = std::find_if(stacks_.begin(), stacks_.end(), [&](const auto& s) { return s.plan == wanted; });
  PretrainOptions own = pretrain_options(options_, wanted, training_.case_count());
  own.visible = visible_units(own, training_);
  const auto layers = static_cast<double>(own.layers.size());
  const auto tell_batch = [&](Index layer, Index epoch, double done) {
    const auto epochs =
        static_cast<double>(per_layer(own.epochs, static_cast<std::size_t>(layer - 1), own.layers.size(), "epochs"));
    tell((static_cast<double>(layer - 1) + (static_cast<double>(epoch - 1) + done) / epochs) / layers);
  };
  const std::string where = place(wanted.start, wanted.layers, wanted.labels);
  const auto notice = [&](const std::string& text) { jobs.notice(where + text); };
  const auto keeper = kept_.keeper(kept_name(wanted));
  try {
    PretrainResult result = pretrain(wanted.labels > 0 ? labelled(wanted.labels) : training_, &validation_, own, seed_,
                                     {.batch = tell_batch, .notice = notice}, keeper.get());
    const Index cases = wanted.labels > 0 ? wanted.labels : training_.case_count();
    for (const auto& layer : result.history) {
      place_in->seconds.push_back(training_seconds(layer));
      place_in->updates.push_back(std::ssize(layer) * ((cases + own.batch - 1) / own.batch));
    }
    place_in->stack = std::move(result.stack);
  } catch (const DivergenceError& error) {
    place_in->failure = where + error.what();
  }
}

const Block::Pretrained& Block::stack_for(const Treatment& treatment) const {
  const StackPlan wanted = stack_of(plan_.start_of(treatment), treatment);
  return *std::find_if(stacks_.begin(), stacks_.end(), [&](const auto& s) { return serves(s.plan, wanted); });
}

// A run bears the layers that it starts from as if they served no other.
void Block::charge_pretraining(ComparisonRun& run) const {
  if (!plan_.start_of(run.treatment).pretrained) return;
  const Pretrained& stack = stack_for(run.treatment);
  for (std::size_t i = 0; i < run.treatment.layers.size(); ++i) {
    run.pretrain_seconds += stack.seconds[i];
    run.pretrain_updates += stack.updates[i];
  }
}

// Of one that may serve deeper nets as well, the layers that this one begins with.
Stack Block::stack(const Treatment& treatment) const {
  const Pretrained& found = stack_for(treatment);
  if (!found.failure.empty()) throw DivergenceError(found.failure);
  const auto begin = found.stack.layers.begin();
  return {.layers = {begin, begin + std::ssize(treatment.layers)}};
}

Mlp Block::net(const Treatment& treatment) const {
  const Start& from = plan_.start_of(treatment);
  if (from.pretrained) {
    auto layers = encoder_layers(stack(treatment));
    if (from.control == Control::shuffled) shuffle_layers(layers, seed_);
    return with_output_layer(std::move(layers), training_.class_count(), seed_);
  }
  Mlp net = make_mlp(net_sizes(data_, treatment.layers), from.activation, from.method, seed_);
  fit_start(net, initializer(from.method), training_);
  return net;
}

ComparisonRun Block::run(const Treatment& treatment, const Settings& settings, bool portrait, Jobs& jobs,
                         Jobs::Tell tell) const {
  ComparisonRun run{.treatment = treatment, .seed = seed_};
  const FinetuneOptions options = with_settings(finetune_options(options_, plan_, data_, treatment), settings);
  try {
    if (portrait) run.profile = run_profile(net(treatment), labelled(treatment.labels), options, seed_);
    const FinetuneResult tuned = tune(treatment, options, kept_name(treatment), jobs, tell);
    const Evaluation evaluation = evaluate(tuned.net, test_);
    run.test_error = evaluation.error;
    run.test_cross_entropy = evaluation.cross_entropy;
    run.wrong = evaluation.wrong;
    run.updates = updates_of(options, treatment.labels, std::ssize(tuned.history));
    charge_pretraining(run);
    run.finetune_seconds = training_seconds(tuned.history);
    run.history = tuned.history;
    if (portrait) add_pictures(run, tuned.net);
  } catch (const DivergenceError& error) {
    run = {.treatment = treatment, .seed = seed_, .failure = error.what()};
  }
  return run;
}

// A control that starts from the stack of another has nothing of its own to show of it.
void Block::add_pictures(ComparisonRun& run, const Mlp& net) const {
  const auto& shape = data_.training->shape;
  run.filters = filter_pictures(net, shape);
  const Start& start = plan_.start_of(run.treatment);
  if (!start.pretrained || (start.control != Control::none && start.control != Control::labelled)) return;
  StackPictures found = stack_pictures(stack(run.treatment), test_, shape, seed_);
  run.reconstructions = std::move(found.reconstructions);
  run.samples = std::move(found.samples);
}

TuningTrial Block::trial(const Treatment& treatment, Index number, Jobs& jobs, Jobs::Tell tell) const {
  TuningTrial trial{.treatment = treatment, .trial = number, .settings = {}};
  const FinetuneOptions given = finetune_options(options_, plan_, data_, treatment);
  trial.settings = random_settings(seed_, number, treatment.layers.size() + 1, given);
  FinetuneOptions options = with_settings(given, trial.settings);
  options.looks = 1;  // the last says all
  const std::string name = fmt::format("{}.trial-{}", kept_name(treatment), number);
  try {
    const FinetuneResult tuned = tune(treatment, options, name, jobs, tell);
    trial.validation_error = tuned.history[static_cast<std::size_t>(tuned.best_epoch - 1)].validation_error;
    trial.updates = updates_of(options, treatment.labels, std::ssize(tuned.history));
    trial.seconds = training_seconds(tuned.history);
  } catch (const DivergenceError& error) {
    jobs.notice(error.what());
  }
  kept_.forget(name);
  return trial;
}

FinetuneResult Block::tune(const Treatment& treatment, const FinetuneOptions& options, const std::string& name,
                           Jobs& jobs, Jobs::Tell tell) const {
  const std::string where = place(treatment);
  const auto tell_batch = [&](Index epoch, Index epochs, double done) {
    tell((static_cast<double>(epoch - 1) + done) / static_cast<double>(epochs));
  };
  const auto notice = [&](const std::string& text) { jobs.notice(where + text); };
  const auto keeper = kept_.keeper(name);
  Mlp start = net(treatment);
  try {
    return fine_tune(std::move(start), labelled(treatment.labels), &validation_, options, seed_,
                     {.batch = tell_batch, .notice = notice}, keeper.get());
  } catch (const DivergenceError& error) {
    throw DivergenceError(where + error.what());
  }
}

void Block::forget(const Treatment& treatment) const { kept_.forget(kept_name(treatment)); }

void Block::forget_stacks() const {
  for (const auto& stack : planned_stacks(plan_)) kept_.forget(kept_name(stack));
}

}  // namespace dbn::detail
