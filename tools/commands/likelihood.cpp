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
#include "likelihood_report.hpp"
#include "output.hpp"
#include "progress.hpp"

using namespace dbn;

namespace {

constexpr Index kBatch = 1000;
constexpr Index kMostFlipped = 100;  // visible units that are all flipped for the pseudo-likelihood; of more,
constexpr Index kFlipped = 10;       // so many are drawn for each case

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
  LikelihoodReport report{.rbm = subject.rbm(),
                          .layer = static_cast<Index>(subject.index()) + 1,
                          .whole = subject.whole,
                          .exact = subject.exact(),
                          .data = cases.asked.dataset().name,
                          .train_cases = cases.training.case_count(),
                          .cases = cases.asked.case_count()};
  report.log_partition = log_partition(subject, cases.training, options.annealing, line);
  report.means = case_means(subject, cases.asked, line.seed());
  report.seconds = watch.seconds();
  Progress notes(line.global.quiet);
  for (const auto& doubt : doubts(report)) notes.line("dbn: note: " + doubt);
  line.global.json ? print_json(as_json(report, line.seed())) : print(as_text(report));
}
