// dbn reconstruct: what a stack makes of cases, up through its layers and down again.

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/npy.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/pretrain/encoded_cases.hpp>
#include <dbn/rbm/gibbs.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "cut_stack.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "pictures.hpp"

using namespace dbn;

namespace {

constexpr Index kBatch = 4 * kChainBlock;  // whole blocks of chains, so that batches do not matter to them
constexpr Index kMostPairs = 100;

struct ReconstructOptions {
  std::optional<Index> layer;
  Index gibbs = 0;
  std::string out;
  Index width = 0;

  OptionFields fields() {
    return {
        {.name = "layer",
         .value = &layer,
         .help = "go up to this layer, counted from 1 at the data, and down again",
         .range = {.least = 1},
         .unset = "the top"},
        {.name = "gibbs",
         .value = &gibbs,
         .help = "Gibbs steps in that layer's RBM, whose last visible units are means (0: up and down by means)",
         .range = {0, 1e9}},
        {.name = "out",
         .value = &out,
         .help = fmt::format("file of the reconstructions: .npy holds a row each, in the units of the data before "
                             "scaling; .png shows the first {} below their originals",
                             kMostPairs),
         .unset = "none, only the error is told"},
        width_field(&width),
    };
  }
};

/// What is asked for, gathered batch by batch.
struct Reconstructions {
  double squared_error = 0;  ///< summed over features and cases, of scaled values
  Matrix numbers;            ///< (features x cases) for .npy; empty otherwise
  Matrix pairs;              ///< original above reconstruction (2 features x pairs) for .png; empty otherwise
};

Reconstructions reconstruct_all(const PreparedCases& cases, const CutStack& stack, const Rbm* chain,
                                const ReconstructOptions& options, std::uint64_t seed) {
  const Index features = cases.feature_count(), count = cases.case_count();
  Reconstructions all;
  if (!options.out.empty() && output_format(options.out) == OutputFormat::npy)
    all.numbers.resize(features, count);
  else if (!options.out.empty())
    all.pairs.resize(2 * features, std::min(count, kMostPairs));
  const EncodedCases codes(cases, stack.below);
  for_each_batch(all_cases(count), kBatch, [&](Index first, std::span<const Index> numbers) {
    Matrix data(features, std::ssize(numbers)), seen(visible_count(stack.layer), data.cols());
    cases.gather_into(numbers, data);
    codes.gather_into(numbers, seen);
    const Matrix back = stack.down(
        chain != nullptr ? reconstruct(*chain, seen, options.gibbs, seed, first) : reconstruct(stack.layer, seen),
        &data);
    for (Index c = 0; c < data.cols(); ++c)
      all.squared_error += (back.col(c).cast<double>() - data.col(c).cast<double>()).squaredNorm();
    if (all.numbers.size() > 0) all.numbers.middleCols(first, data.cols()) = back;
    const Index shown = std::min(data.cols(), all.pairs.cols() - first);
    if (shown > 0) all.pairs.middleCols(first, shown) << data.leftCols(shown), back.leftCols(shown);
  });
  return all;
}

void write(Reconstructions& all, const ReconstructOptions& options, const CutStack& stack,
           const Preprocessing& scaling) {
  if (options.out.empty()) return;
  if (output_format(options.out) == OutputFormat::npy) {
    scaling.invert(all.numbers);
    return write_npy(options.out, all.numbers);
  }
  ImageShape shape = image_shape(all.pairs.rows() / 2, options.width);
  shape.height *= 2;
  write_png(options.out, image_grid(all.pairs, shape, grey_scale(stack.first(), all.pairs)));
}

// A batch on every layer, twice, and what is written.
double memory(const Stack& stack, Index cases, const ReconstructOptions& options) {
  double units = 0;
  for (const Index size : stack.sizes()) units += static_cast<double>(size);
  const bool numbers = !options.out.empty() && output_format(options.out) == OutputFormat::npy;
  return sizeof(Scalar) * (2 * units * static_cast<double>(std::min(cases, kBatch)) +
                           static_cast<double>(stack.feature_count()) * static_cast<double>(numbers ? cases : 0));
}

void check_request(const ReconstructOptions& options, const std::string& path, const DataOptions& data,
                   const CommandLine& line) {
  if (!options.out.empty()) {
    output_format(options.out);
    check_output(options.out, {path, data.data, data.label_file, data.test, data.test_label_file},
                 line.global.force || line.global.dry_run);
  }
  if (!line.given("data") && !line.given("test"))
    throw InvalidArgument("reconstruct: expected --data or --test, the cases; see dbn reconstruct --help");
}

}  // namespace

void run_reconstruct(std::span<const std::string> arguments) {
  CommandLine line("reconstruct",
                   "Takes cases up through the layers of a stack and down again: squared error of a case, pictures.");
  std::string path;
  ReconstructOptions options;
  DataOptions data;
  line.add_argument("STACK", &path, "stack file made by dbn pretrain");
  line.add(options.fields());
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  check_request(options, path, data, line);
  StackFile file = load_stack(path);
  if (!options.out.empty() && output_format(options.out) == OutputFormat::png)
    image_shape(file.stack.feature_count(), options.width);
  const PreparedCases cases = load_stack_cases(data, file);
  check_memory(line, "reconstruction", memory(file.stack, cases.case_count(), options), "try fewer cases (--limit)");
  const Index layer = options.layer.value_or(std::ssize(file.stack.layers));
  const CutStack stack = cut_stack(std::move(file.stack), layer);
  const Rbm* chain = options.gibbs > 0 ? &stack.rbm(path, "--gibbs") : nullptr;
  if (line.global.dry_run) return print(fmt::format("{} cases to reconstruct\n", cases.case_count()));

  Reconstructions all = reconstruct_all(cases, stack, chain, options, line.seed());
  const double error = all.squared_error / static_cast<double>(cases.case_count());
  write(all, options, stack, file.preprocessing);
  if (line.global.json)
    return print_json({{"command", "reconstruct"},
                       {"data", cases.dataset().name},
                       {"seed", line.seed()},
                       {"cases", cases.case_count()},
                       {"layer", layer},
                       {"gibbs", options.gibbs},
                       {"error", error},
                       {"out", options.out}});
  print(fmt::format("data   {}\ncases  {}\nlayer  {}\nerror  {:.4f} a case, squared and summed over features\n",
                    cases.dataset().name, cases.case_count(), layer, error));
}
