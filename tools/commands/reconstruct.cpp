// dbn reconstruct: what a stack or a deep autoencoder makes of cases, up through its layers and down again.

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "case_errors.hpp"
#include "cases.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "output_files.hpp"
#include "pictures.hpp"
#include "reconstructor.hpp"

using namespace dbn;

namespace {

constexpr Index kMostPairs = 100;

struct ReconstructOptions {
  std::optional<Index> layer;
  Index gibbs = 0;
  CaseErrorOptions errors;
  std::string out;
  Index width = 0;

  OptionFields fields() {
    OptionFields all{
        {.name = "layer",
         .value = &layer,
         .help = "go up a stack to this layer, counted from 1 at the data, and down again",
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
    for (auto& field : errors.fields()) all.push_back(std::move(field));
    return all;
  }
};

/// What is asked for, gathered batch by batch.
struct Reconstructions {
  CaseErrors errors;
  Matrix numbers;  ///< (features x cases) for .npy; empty otherwise
  Matrix pairs;    ///< original above reconstruction (2 features x pairs) for .png; empty otherwise
};

Reconstructions reconstruct_all(const PreparedCases& cases, const CaseMap& map, const std::string& out) {
  const Index features = cases.feature_count(), count = cases.case_count();
  Reconstructions all;
  all.errors.reserve(static_cast<std::size_t>(count));
  if (asks_for(OutputFormat::npy, out)) all.numbers.resize(features, count);
  if (asks_for(OutputFormat::png, out)) all.pairs.resize(2 * features, std::min(count, kMostPairs));
  for_each_mapped(cases, map, [&](Index first, const Matrix& data, const Matrix& back) {
    add_errors(data, back, all.errors);
    if (all.numbers.size() > 0) all.numbers.middleCols(first, data.cols()) = back;
    const Index shown = std::min(data.cols(), all.pairs.cols() - first);
    if (shown > 0) all.pairs.middleCols(first, shown) << data.leftCols(shown), back.leftCols(shown);
  });
  return all;
}

void write(Reconstructions& all, const ReconstructOptions& options, const ValueRange& range,
           const PreparedCases& cases) {
  if (asks_for(OutputFormat::npy, options.out))
    write_unscaled(options.out, std::move(all.numbers), cases.preprocessing());
  if (asks_for(OutputFormat::png, options.out)) {
    ImageShape shape = image_shape(cases.feature_count(), options.width);
    shape.height *= 2;
    write_png(options.out, image_grid(all.pairs, shape, grey_scale(range, all.pairs)));
  }
  if (!options.errors.path.empty()) write_errors(options.errors.path, all.errors, cases);
}

// A batch on every layer, and what is told and written of all cases.
double memory(const CaseMap& map, Index cases, const ReconstructOptions& options) {
  const Index rows = asks_for(OutputFormat::npy, options.out) ? cases : 0;
  return batch_memory(map, cases) + error_memory(options.errors, cases) +
         sizeof(Scalar) * static_cast<double>(map.feature_count()) * static_cast<double>(rows);
}

}  // namespace

void run_reconstruct(std::span<const std::string> arguments) {
  CommandLine line(
      "reconstruct",
      "Takes cases up through the layers of a stack or a deep autoencoder and down again: squared error of "
      "all and of each, pictures.");
  std::string path;
  ReconstructOptions options;
  DataOptions data;
  line.add_argument("STACK|MODEL", &path,
                    "stack file made by dbn pretrain, or model file by dbn finetune --task autoencoder");
  line.add(options.fields());
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  check_output_files({{"--out", options.out, {OutputFormat::npy, OutputFormat::png}}, options.errors.file()}, path,
                     data, line);
  demand_cases(line);
  TrainedFile file = load_trained_file(path);
  const Preprocessing scaling = preprocessing_of(file);
  const auto [map, range] =
      make_reconstructor(std::move(file), path, {.layer = options.layer, .gibbs = options.gibbs, .seed = line.seed()});
  if (asks_for(OutputFormat::png, options.out)) image_shape(map.feature_count(), options.width);
  const PreparedCases cases = load_feature_cases(data, map.feature_count(), scaling);
  check_memory(line, "reconstruction", memory(map, cases.case_count(), options), "try fewer cases (--limit)");
  if (line.global.dry_run) return print(fmt::format("{} cases to reconstruct\n", cases.case_count()));

  Reconstructions all = reconstruct_all(cases, map, options.out);
  write(all, options, range, cases);
  const double error = mean_error(all.errors);
  if (line.global.json)
    return print_json({{"command", "reconstruct"},
                       {"data", cases.dataset().name},
                       {"seed", line.seed()},
                       {"cases", cases.case_count()},
                       {"layer", map.layer},
                       {"gibbs", options.gibbs},
                       {"error", error},
                       {"worst", worst_json(all.errors, options.errors.worst)},
                       {"errors", options.errors.path},
                       {"out", options.out}});
  print(fmt::format("data   {}\ncases  {}\nlayer  {}\nerror  {:.4f} a case, squared and summed over features\n{}",
                    cases.dataset().name, cases.case_count(), map.layer, error,
                    worst_text(all.errors, options.errors.worst)));
}
