// dbn reconstruct: what a stack or a deep autoencoder makes of cases, up through its layers and down again.

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "case_errors.hpp"
#include "cases.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "number_table.hpp"
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
         .help =
             fmt::format("file of the reconstructions: .csv has the columns x1, x2, ... and a line a case, .npy a row "
                         "each, in the units of the data before scaling; .png shows the first {} below their "
                         "originals",
                         kMostPairs),
         .unset = "none, only the error is told"},
        width_field(&width),
    };
    for (auto& field : errors.fields()) all.push_back(std::move(field));
    return all;
  }
};

/// What is asked for of reconstructions that come batch by batch: files are written meanwhile, pictures at the end.
class Reconstructions {
 public:
  Reconstructions(const ReconstructOptions& options, const PreparedCases& cases)
      : options_(options), scaling_(cases.preprocessing()), errors_(options.errors, cases) {
    const Index features = cases.feature_count(), count = cases.case_count();
    if (asks_for(OutputFormat::png, options.out))
      pairs_.resize(2 * features, std::min(count, kMostPairs));
    else if (!options.out.empty())
      table_.emplace(options.out, numbered_columns("x", features), features, count);
  }

  void add(Index first, const Matrix& data, const Matrix& back) {
    errors_.add(data, back);
    if (table_) {
      Matrix raw = back;
      scaling_.invert(raw);
      table_->append(raw);
    }
    const Index shown = std::min(data.cols(), pairs_.cols() - first);
    if (shown > 0) pairs_.middleCols(first, shown) << data.leftCols(shown), back.leftCols(shown);
  }

  void commit(const ValueRange& range) {
    if (table_) table_->commit();
    if (pairs_.size() > 0) {
      ImageShape shape = image_shape(pairs_.rows() / 2, options_.width);
      shape.height *= 2;
      write_png(options_.out, image_grid(pairs_, shape, grey_scale(range, pairs_)));
    }
    errors_.commit();
  }

  const CaseErrors& errors() const { return errors_; }

 private:
  const ReconstructOptions& options_;
  const Preprocessing& scaling_;
  CaseErrors errors_;
  std::optional<NumberTable> table_;
  Matrix pairs_;  ///< original above reconstruction (2 features x pairs) for .png; empty otherwise
};

// A batch on every layer and in raw units, its text, and what is kept of all cases.
double memory(const CaseMap& map, Index cases, const ReconstructOptions& options) {
  double kept = error_memory(options.errors, cases);
  if (asks_for(OutputFormat::png, options.out))
    kept += sizeof(Scalar) * 2 * static_cast<double>(map.feature_count()) *
            static_cast<double>(std::min(cases, kMostPairs));
  else if (!options.out.empty())
    kept +=
        sizeof(Scalar) * static_cast<double>(map.feature_count()) * static_cast<double>(std::min(cases, kCaseBatch)) +
        table_memory(options.out, map.feature_count(), cases);
  return batch_memory(map, cases) + kept;
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
  check_output_files(
      {{"--out", options.out, {OutputFormat::csv, OutputFormat::npy, OutputFormat::png}}, options.errors.file()}, path,
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

  Reconstructions all(options, cases);
  for_each_mapped(cases, map, [&](Index first, const Matrix& seen, const Matrix& back) { all.add(first, seen, back); });
  all.commit(range);
  const double error = all.errors().mean();
  if (line.global.json)
    return print_json({{"command", "reconstruct"},
                       {"data", cases.dataset().name},
                       {"seed", line.seed()},
                       {"cases", cases.case_count()},
                       {"layer", map.layer},
                       {"gibbs", options.gibbs},
                       {"error", error},
                       {"worst", all.errors().worst_json()},
                       {"errors", options.errors.path},
                       {"out", options.out}});
  print(
      fmt::format("data   {}\ncases  {}\nlayer  {}\nerror  {:.4f} a case, squared and summed over scaled features\n{}",
                  cases.dataset().name, cases.case_count(), map.layer, error, all.errors().worst_text()));
}
