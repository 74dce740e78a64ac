// dbn likelihood: how good an RBM, or a stack of them as a deep belief net, is as a model of the data.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/pretrain/encoded_cases.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/pretrain/variational_bound.hpp>
#include <dbn/rbm/annealed_importance.hpp>
#include <dbn/rbm/exact_likelihood.hpp>
#include <dbn/rbm/pseudo_likelihood.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "progress.hpp"

using namespace dbn;

namespace {

constexpr Index kBatch = 1000;
constexpr Index kMostFlipped = 100;  // visible units that are all flipped for the pseudo-likelihood; of more,
constexpr Index kFlipped = 10;       // so many are drawn for each case
constexpr double kDoubt = 1;         // nats between both ways of annealing that deserve a note

struct LikelihoodOptions {
  std::optional<Index> layer;
  bool exact = false;
  bool anneal = false;
  AnnealingOptions annealing;

  OptionFields fields() {
    OptionFields list{
        {.name = "layer",
         .value = &layer,
         .help = "the RBM that is asked about, over the codes of the layers below it",
         .range = {1, 1e6},
         .unset = "1; of a stack of several RBMs all of them as one deep belief net, by a lower bound"},
        {.name = "exact",
         .value = &exact,
         .help = "refuse to estimate: sum over all states of a layer, as is done in any case up to 25 binary units"},
        {.name = "anneal", .value = &anneal, .help = "estimate, even where all states could be summed"},
    };
    for (auto& field : annealing.fields()) list.push_back(std::move(field));
    return list;
  }
};

/// What the question is about: an RBM and the layers whose codes it sees, or the whole stack with the RBM on top.
struct Subject {
  Stack stack, below;
  bool whole = false;
  bool anneal = false;  ///< even where the sum is exact

  std::size_t index() const { return below.layers.size(); }
  const Rbm& rbm() const { return std::get<Rbm>(stack.layers[index()]); }
  bool exact() const { return !anneal && exact_state_count(rbm()) <= kMostExactStates; }
};

Subject choose_subject(const Stack& stack, const LikelihoodOptions& options) {
  const auto count = static_cast<Index>(stack.layers.size());
  if (options.exact && options.anneal)
    throw InvalidArgument("--exact: expected either a sum or --anneal, an estimate, found both");
  Subject subject{.stack = stack, .below = {}, .whole = !options.layer && count > 1, .anneal = options.anneal};
  if (subject.whole) check_belief_net(stack);
  const Index layer = subject.whole ? count : options.layer.value_or(1);
  if (layer > count) throw InvalidArgument(fmt::format("--layer: expected 1 to {} layers, found {}", count, layer));
  if (!std::holds_alternative<Rbm>(stack.layers[static_cast<std::size_t>(layer - 1)]))
    throw InvalidArgument(
        fmt::format("layer {}: expected an RBM, which alone has a likelihood, found an autoencoder", layer));
  subject.below.layers.assign(stack.layers.begin(), stack.layers.begin() + (layer - 1));
  if (options.exact && !subject.exact())
    throw InvalidArgument(fmt::format(
        "--exact: expected a layer of at most 25 binary units to sum over, found {} {} visible and {} {} hidden units; "
        "without --exact log Z is estimated",
        subject.rbm().visible_count(), subject.rbm().visible->name(), subject.rbm().hidden_count(),
        subject.rbm().hidden->name()));
  if (!subject.exact()) check_annealing(subject.rbm());
  return subject;
}

/// Cases that the answer is about, and those which say where the data are.
struct LikelihoodCases {
  PreparedCases training, asked;
};

LikelihoodCases load_cases(const DataOptions& options, const StackFile& file) {
  const TrainingCases all = load_training_cases(options, 0, &file.preprocessing);
  const Dataset& dataset = *all.files.training;
  if (dataset.feature_count() != file.stack.feature_count())
    throw DataError(fmt::format("{}: expected {} features, as the stack has inputs, found {}{}", dataset.name,
                                file.stack.feature_count(), dataset.feature_count(),
                                dataset.labelled() ? "; if its last column is no label, say --label-column none" : ""));
  if (all.files.test == nullptr) return {all.training(), all.training()};
  const Index count = all.files.test->case_count();
  const Index limit = options.limit > 0 ? std::min(options.limit, count) : count;
  return {all.training(), PreparedCases(all.files.test, all_cases(limit), file.preprocessing)};
}

// Calls visit(first, columns) for batch after batch.
template <typename Visit>
void visit_batches(const CaseSource& cases, Visit&& visit) {
  const auto order = all_cases(cases.case_count());
  Matrix buffer(cases.feature_count(), std::min(kBatch, cases.case_count()));
  for_each_batch(order, kBatch, [&](Index first, std::span<const Index> batch) {
    MatrixRef columns = buffer.leftCols(static_cast<Index>(batch.size()));
    cases.gather_into(batch, columns);
    visit(first, columns);
  });
}

AnnealedPartition log_partition(const Subject& subject, const PreparedCases& training, const AnnealingOptions& options,
                                const CommandLine& line) {
  if (subject.exact()) {
    PartitionEstimate sum;
    sum.log_partition = sum.least = sum.most = exact_log_partition(subject.rbm());
    return {sum, sum};
  }
  const EncodedCases codes(training, subject.below);
  AnnealingData data{.mean = summarize(codes).features.mean,
                     .cases = Matrix(codes.feature_count(), std::min(options.chains, codes.case_count()))};
  std::vector<Index> chosen = all_cases(data.cases.cols());  // evenly over the cases, which may be sorted
  for (auto& at : chosen) at = at * codes.case_count() / data.cases.cols();
  codes.gather_into(chosen, data.cases);
  Progress progress(line.global.quiet);
  progress.begin("annealing");
  AnnealingObserver observer;
  observer.progress = [&](double done) { progress.update(done); };
  return annealed_log_partition(subject.rbm(), options, line.seed(), data, observer);
}

/// Means over the cases, nats.
struct CaseMeans {
  double unnormalized = 0;  ///< log p(v), or its bound, without log Z
  std::optional<double> pseudo_likelihood;
  bool grey = false;  ///< some values of units with two states are neither
};

CaseMeans case_means(const Subject& subject, const PreparedCases& cases, std::uint64_t seed) {
  const Rbm& rbm = subject.rbm();
  const bool two_states = !subject.whole && has_pseudo_likelihood(rbm);
  const Index flipped = rbm.visible_count() <= kMostFlipped ? 0 : kFlipped;
  CaseMeans means;
  double pseudo = 0;
  const auto visit = [&](Index first, const ConstMatrixRef& batch) {
    const double share = static_cast<double>(batch.cols()) / static_cast<double>(cases.case_count());
    const auto number = static_cast<std::uint32_t>(first);
    means.unnormalized += share * (subject.whole ? variational_bound(subject.stack, batch, 0, {10, seed, number})
                                                 : -rbm.free_energy(batch).mean());
    if (!two_states) return;
    pseudo += share * log_pseudo_likelihood(rbm, batch, {flipped, seed, number});
    const auto [least, most] = rbm.visible->range();
    means.grey |= subject.index() == 0 &&
                  (batch.array() > static_cast<Scalar>(least) && batch.array() < static_cast<Scalar>(most)).any();
  };
  if (subject.whole)
    visit_batches(cases, visit);
  else
    visit_batches(EncodedCases(cases, subject.below), visit);
  if (two_states) means.pseudo_likelihood = pseudo;
  return means;
}

// Elementwise work counts too: log(1 + e^x) in double takes as long as some two thousand operations of a product.
double work(const Subject& subject, const AnnealingOptions& options) {
  constexpr double kSoftplus = 2000;
  const auto visible = static_cast<double>(subject.rbm().visible_count());
  const auto hidden = static_cast<double>(subject.rbm().hidden_count());
  if (subject.exact())
    return exact_state_count(subject.rbm()) * (2 * visible * hidden + kSoftplus * std::max(visible, hidden));
  const double products = annealing_work(subject.rbm().visible_count(), subject.rbm().hidden_count(), options);
  return products + products / (4 * visible * hidden) * 2 * hidden * kSoftplus;
}

double bytes(const Subject& subject, const AnnealingOptions& options) {
  const Rbm& rbm = subject.rbm();
  const auto units = static_cast<double>(rbm.visible_count() + rbm.hidden_count());
  const double per_case = units * (2 * sizeof(Scalar) + sizeof(double));
  const double batches =
      3 * per_case * static_cast<double>(kBatch) + encoded_cases_memory(subject.stack.sizes(), kBatch);
  if (subject.exact()) return batches + thread_count() * 1024 * per_case;
  return batches + annealing_memory(rbm.visible_count(), rbm.hidden_count(), options) +
         summary_memory(rbm.visible_count());
}

/// What came of it.
struct Answer {
  AnnealedPartition log_partition;
  CaseMeans means;
  double seconds = 0;

  double mean() const { return means.unnormalized - log_partition.forward.log_partition; }
  double least() const { return means.unnormalized - std::max(log_partition.forward.most, log_partition.reverse.most); }
  double most() const {
    return means.unnormalized - std::min(log_partition.forward.least, log_partition.reverse.least);
  }
};

void print_as_json(const Subject& subject, const LikelihoodCases& cases, const Answer& answer,
                   const CommandLine& line) {
  const auto& [forward, reverse] = answer.log_partition;
  const bool exact = subject.exact();
  const auto estimated = [&](double value) { return exact ? nlohmann::json() : nlohmann::json(value); };
  print_json({{"command", "likelihood"},
              {"seed", line.seed()},
              {"data", cases.asked.dataset().name},
              {"train_cases", cases.training.case_count()},
              {"cases", cases.asked.case_count()},
              {"layer", subject.index() + 1},
              {"bound", subject.whole},
              {"log_partition", forward.log_partition},
              {"standard_error", forward.standard_error},
              {"effective_sample_size", estimated(forward.effective_sample_size)},
              {"reverse_log_partition", estimated(reverse.log_partition)},
              {"reverse_standard_error", estimated(reverse.standard_error)},
              {"exact", exact},
              {"mean_log_likelihood", answer.mean()},
              {"interval", {answer.least(), answer.most()}},
              {"pseudo_likelihood",
               answer.means.pseudo_likelihood ? nlohmann::json(*answer.means.pseudo_likelihood) : nlohmann::json()},
              {"seconds", answer.seconds}});
}

std::string limit_text(double nats) { return std::isfinite(nats) ? fmt::format("{:.3f}", nats) : "any number"; }

void print_as_text(const Subject& subject, const LikelihoodCases& cases, const Answer& answer) {
  const auto& [forward, reverse] = answer.log_partition;
  const Rbm& rbm = subject.rbm();
  std::string text = fmt::format("cases              {} of {}\n", cases.asked.case_count(), cases.asked.dataset().name);
  text += subject.whole
              ? fmt::format("model              deep belief net of {} RBMs, of which log Z is the top one's\n",
                            subject.stack.layers.size())
              : fmt::format("model              RBM of layer {}\n", subject.index() + 1);
  text += fmt::format("units              {} {} visible, {} {} hidden\n", rbm.visible_count(), rbm.visible->name(),
                      rbm.hidden_count(), rbm.hidden->name());
  if (subject.exact())
    text += fmt::format("log Z              {:.3f} nats, summed over {:.0f} states\n", forward.log_partition,
                        exact_state_count(rbm));
  else
    text += fmt::format(
        "log Z, annealed    {:.3f} nats, standard error {:.3f} (errs to the small side)\n"
        "log Z, way back    {:.3f} nats, standard error {:.3f} (errs to the large side)\n",
        forward.log_partition, forward.standard_error, reverse.log_partition, reverse.standard_error);
  text +=
      fmt::format("{}{:.3f} nats a case", subject.whole ? "log p(v) at least  " : "log p(v)           ", answer.mean());
  if (!subject.exact())
    text +=
        fmt::format(", from {} to {} as far as log Z is known", limit_text(answer.least()), limit_text(answer.most()));
  text += "\n";
  if (answer.means.pseudo_likelihood)
    text += fmt::format("pseudo-likelihood  {:.3f} nats a case\n", *answer.means.pseudo_likelihood);
  print(text);
}

void note_doubts(const Subject& subject, const Answer& answer, bool quiet) {
  const auto& [forward, reverse] = answer.log_partition;
  Progress notes(quiet);
  const double apart = std::abs(forward.log_partition - reverse.log_partition);
  if (!subject.exact() && apart > kDoubt)
    notes.line(
        fmt::format("dbn: note: both ways of annealing differ by {:.1f} nats: the model's log Z is not known "
                    "better than that; try smaller steps in --betas, more --chains or --reverse-steps",
                    apart));
  if (answer.means.grey)
    notes.line(
        fmt::format("dbn: note: {} units have two states, but the cases hold values in between, of which log "
                    "p(v) is no probability; see --binarize of dbn pretrain",
                    subject.rbm().visible->name()));
}

}  // namespace

void run_likelihood(std::span<const std::string> arguments) {
  CommandLine line("likelihood",
                   "log Z and mean log p(v) of an RBM or a belief net: summed where a layer is small, else between two "
                   "estimates by annealing. Cases are those of --test or of a test part of --data, else --data.");
  std::string path;
  LikelihoodOptions options;
  DataOptions data;
  line.add_argument("STACK", &path, "stack file made by dbn pretrain");
  line.add(options.fields());
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  options.annealing.validate();
  if (!line.given("data"))
    throw InvalidArgument(
        "likelihood: expected --data, the cases that the stack was trained on or a like of them; see "
        "dbn likelihood --help");
  const StackFile file = load_stack(path);
  const Subject subject = choose_subject(file.stack, options);
  const LikelihoodCases cases = load_cases(data, file);
  const double needed = bytes(subject, options.annealing);
  check_memory(line, "likelihood", needed, "try fewer --chains");
  if (line.global.dry_run) return print(describe_plan(file.stack.sizes(), needed, work(subject, options.annealing)));

  const Stopwatch watch;
  Answer answer;
  answer.log_partition = log_partition(subject, cases.training, options.annealing, line);
  answer.means = case_means(subject, cases.asked, line.seed());
  answer.seconds = watch.seconds();
  note_doubts(subject, answer, line.global.quiet);
  line.global.json ? print_as_json(subject, cases, answer, line) : print_as_text(subject, cases, answer);
}
