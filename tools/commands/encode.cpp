// dbn encode: what a layer of a stack or model makes of cases, for other tools to learn from.

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/nn/task.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "encoder.hpp"
#include "estimate.hpp"
#include "label_columns.hpp"
#include "number_table.hpp"
#include "output.hpp"
#include "output_files.hpp"

using namespace dbn;

namespace {

struct EncodeOptions {
  std::optional<Index> layer;
  bool sample = false;
  bool labelled = false;
  std::string out;

  OptionFields fields() {
    return {
        {.name = "layer",
         .value = &layer,
         .help = "layer, counted from 1 at the data, whose codes are asked for: of a stack the means of its hidden "
                 "units, of a model the outputs of a hidden layer after its activation",
         .range = {.least = 1},
         .unset = "the top of a stack, the code layer of an autoencoder, else a model's last hidden layer"},
        {.name = "sample",
         .value = &sample,
         .help = "draw states of that layer's hidden units, which must be those of an RBM; layers below give means"},
        {.name = "labelled",
         .value = &labelled,
         .help = "add a last column label, as --data expects it, or one for each target of a regression (CSV only)"},
        {.name = "out",
         .value = &out,
         .help = "file of the codes: .csv has the columns c1, c2, ... and a line a case, .npy a row each",
         .unset = "CSV on stdout"},
    };
  }
};

// Batch by batch, however many cases there are.
void write_codes(const PreparedCases& cases, const CaseMap& encoder, const EncodeOptions& options) {
  const std::string labels = options.labelled ? label_header(cases) : "";
  NumberTable table(options.out, numbered_columns("c", encoder.result_count()) + labels, encoder.result_count(),
                    cases.case_count());
  for_each_mapped(cases, encoder, [&](Index first, const Matrix&, const Matrix& codes) {
    table.append(codes, [&](Index c) { return options.labelled ? label_fields(cases, first + c) : std::string(); });
  });
  table.commit();
}

double memory(const CaseMap& encoder, Index cases, const EncodeOptions& options) {
  return batch_memory(encoder, cases) + table_memory(options.out, encoder.result_count(), cases);
}

void check_request(const EncodeOptions& options, const std::string& path, const DataOptions& data,
                   const CommandLine& line) {
  check_output_files({{"--out", options.out, {OutputFormat::csv, OutputFormat::npy}}}, path, data, line);
  if (options.labelled && asks_for(OutputFormat::npy, options.out))
    throw InvalidArgument(fmt::format("--labelled: expected codes as .csv, found {}", options.out));
  if (line.global.json && options.out.empty())
    throw InvalidArgument("encode: --json expects --out, a file for the codes, which else are CSV on stdout");
  demand_cases(line);
}

bool has_targets(const TrainedFile& file) {
  const auto* model = std::get_if<ModelFile>(&file);
  return model != nullptr && task(model->task).outputs == Outputs::targets;
}

}  // namespace

void run_encode(std::span<const std::string> arguments) {
  CommandLine line("encode", "Writes the codes of cases: what a layer of a stack or a hidden layer of a model gives.");
  std::string path;
  EncodeOptions options;
  DataOptions data;
  line.add_argument("STACK|MODEL", &path, "file made by dbn pretrain or dbn finetune");
  line.add(options.fields());
  line.add(model_data_fields(data), "data");
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  check_request(options, path, data, line);
  TrainedFile file = load_trained_file(path);
  data.numeric_labels = has_targets(file);
  const Preprocessing scaling = preprocessing_of(file);
  const CaseMap encoder =
      make_encoder(std::move(file), path,
                   {.layer = options.layer, .states_by = options.sample ? std::optional(line.seed()) : std::nullopt});
  const PreparedCases cases = load_feature_cases(data, encoder.feature_count(), scaling);
  if (options.labelled && label_header(cases).empty())
    throw DataError(fmt::format("{}: --labelled expects labels, found none; see --label-file and --label-column",
                                cases.dataset().name));
  check_memory(line, "encoding", memory(encoder, cases.case_count(), options), "try fewer cases (--limit)");
  const std::string summary = fmt::format("{} cases of {} features to {} codes of layer {}", cases.case_count(),
                                          encoder.feature_count(), encoder.result_count(), encoder.layer);
  if (line.global.dry_run) return print(summary + "\n");

  write_codes(cases, encoder, options);
  if (options.out.empty()) return;
  if (line.global.json)
    return print_json({{"command", "encode"},
                       {"data", cases.dataset().name},
                       {"seed", line.seed()},
                       {"cases", cases.case_count()},
                       {"features", encoder.feature_count()},
                       {"codes", encoder.result_count()},
                       {"layer", encoder.layer},
                       {"sample", options.sample},
                       {"out", options.out}});
  print(fmt::format("{}: {}\n", summary, options.out));
}
