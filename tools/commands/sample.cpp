// dbn sample: draws from an RBM of a stack, as pictures or numbers.

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/model/stack_file.hpp>
#include <dbn/rbm/gibbs.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "cut_stack.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "output_files.hpp"
#include "pictures.hpp"

using namespace dbn;

namespace {

struct SampleOptions {
  GibbsOptions gibbs;
  std::string out;
  std::optional<Index> layer;
  std::string start = "bias";
  Index width = 0;

  OptionFields fields() {
    OptionFields all = gibbs.fields();
    all.push_back({.name = "layer",
                   .value = &layer,
                   .help = "layer, counted from 1 at the data, whose RBM is drawn from; what it draws comes down "
                           "through the layers below by their means",
                   .range = {.least = 1},
                   .unset = "1"});
    all.push_back({.name = "start",
                   .value = &start,
                   .help = "where chains begin: bias, at states drawn from the visible biases alone; data, at cases "
                           "of --data or --test, the first ones, over again when there are fewer than --count",
                   .choices = {"bias", "data"}});
    all.push_back({.name = "out",
                   .value = &out,
                   .help = "file of the draws: .npy holds a row each, in the units of the data before scaling; .png "
                           "shows them in a grid",
                   .unset = "none; it must be given"});
    all.push_back(width_field(&width));
    return all;
  }
};

// What layer N sees of the first cases.
Matrix start_from_data(const PreparedCases& cases, const CutStack& stack, Index count) {
  std::vector<Index> numbers = all_cases(count);
  for (Index& number : numbers) number %= cases.case_count();
  Matrix data(cases.feature_count(), count);
  cases.gather_into(numbers, data);
  return stack.up(std::move(data));
}

void write(Matrix draws, const SampleOptions& options, const CutStack& stack, const Preprocessing& scaling) {
  if (asks_for(OutputFormat::npy, options.out)) return write_unscaled(options.out, std::move(draws), scaling);
  write_png(options.out, image_grid(draws, image_shape(draws.rows(), options.width),
                                    grey_scale(visible_range(stack.first()), draws)));
}

// Draws on each layer on the way down, chains of one block, and what is written.
double memory(const Stack& stack, Index count) {
  double units = 0;
  for (const Index size : stack.sizes()) units += static_cast<double>(size);
  return sizeof(Scalar) * units * (2 * static_cast<double>(count) + static_cast<double>(kChainBlock));
}

void check_out(const SampleOptions& options, const std::string& path, const DataOptions& data,
               const CommandLine& line) {
  if (options.out.empty())
    throw InvalidArgument("sample: expected --out, a .npy or .png file for the draws; see dbn sample --help");
  check_output_files({{"--out", options.out, {OutputFormat::npy, OutputFormat::png}}}, path, data, line);
  if (options.start == "data" && !line.given("data") && !line.given("test"))
    throw InvalidArgument("sample: --start data expects --data or --test, the cases to start from");
}

}  // namespace

void run_sample(std::span<const std::string> arguments) {
  CommandLine line("sample", "Draws from an RBM of a stack by Gibbs sampling, and writes them to --out.");
  std::string path;
  SampleOptions options;
  DataOptions data;
  line.add_argument("STACK", &path, "stack file made by dbn pretrain");
  line.add(options.fields());
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  check_out(options, path, data, line);
  StackFile file = load_stack(path);
  const Index features = file.stack.feature_count();
  if (asks_for(OutputFormat::png, options.out)) image_shape(features, options.width);
  check_memory(line, "sampling", memory(file.stack, options.gibbs.count), "try a smaller --count");
  std::optional<PreparedCases> cases;
  if (options.start == "data") cases = load_stack_cases(data, file);
  const Index layer = options.layer.value_or(1);
  const CutStack stack = cut_stack(std::move(file.stack), layer);
  const Rbm& rbm = stack.rbm(path, "sampling");
  if (line.global.dry_run) return print(fmt::format("{} draws of {} features\n", options.gibbs.count, features));

  Matrix start;
  if (cases) start = start_from_data(*cases, stack, options.gibbs.count);
  write(stack.down(sample(rbm, options.gibbs, line.seed(), cases ? &start : nullptr)), options, stack,
        file.preprocessing);
  if (line.global.json)
    return print_json({{"command", "sample"},
                       {"seed", line.seed()},
                       {"count", options.gibbs.count},
                       {"gibbs", options.gibbs.steps},
                       {"layer", layer},
                       {"features", features},
                       {"out", options.out}});
  print(fmt::format("{} draws of layer {} after {} Gibbs steps (seed {}): {}\n", options.gibbs.count, layer,
                    options.gibbs.steps, line.seed(), options.out));
}
