#include "cases.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/data/npz_reader.hpp>
#include <dbn/io/file.hpp>

using namespace dbn;

namespace {

void fit_features(Dataset& dataset, Index expected) {
  pad_features(dataset, expected);
  if (dataset.feature_count() != expected)
    throw DataError(fmt::format("{}: expected {} features, as the model has inputs, found {}{}", dataset.name, expected,
                                dataset.feature_count(),
                                dataset.feature_count() + 1 == expected && dataset.labelled()
                                    ? "; if its last column is no label, say --label-column none"
                                    : ""));
}

// Cases that are no table hold the features of a model's categories themselves: of each group one must be 1 and the
// others 0. Another number of features is refused elsewhere.
void check_categories(const Dataset& dataset, const Schema& schema) {
  if (schema.empty() || !dataset.schema.empty() || dataset.feature_count() != schema.feature_count()) return;
  dataset.for_each_block([&](Index first_case, const ConstMatrixRef& block) {
    Index first = 0;
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
      const Column& column = schema.columns[i];
      const Index count = column.feature_count();
      for (Index c = 0; column.categorical() && c < block.cols(); ++c) {
        const ConstVectorRef group = block.col(c).segment(first, count);
        if ((group.array() == 1).count() != 1 || (group.array() == 0).count() != count - 1)
          throw DataError(fmt::format(
              "{}: case {}, column {}{}: expected 1 for one of its {} categories and 0 for the others (features {} to "
              "{}), as in the training cases, found other numbers; give a table with the categories' names, or such "
              "features",
              dataset.name, first_case + c + 1, i + 1, column.name.empty() ? "" : fmt::format(" ('{}')", column.name),
              count, first + 1, first + count));
      }
      first += count;
    }
  });
}

// Cases of --test or of a test part beside --data, else those of --data.
Dataset chosen_cases(const DataOptions& options) {
  const DataFiles files = open_data(options);
  Dataset chosen = files.test ? *files.test : *files.training;
  if (options.limit > 0) keep_first(chosen, options.limit);
  return chosen;
}

}  // namespace

PreparedCases TrainingCases::labelled(Index count, std::uint64_t seed) const {
  const auto all = labelled_cases(*files.training, split.training);
  if (all.empty())
    throw DataError(
        fmt::format("{}: expected labels, found none; see --label-file and --label-column", files.training->name));
  return {files.training, count > 0 ? choose_labels(*files.training, split.training, count, seed) : all, preprocessing};
}

PreparedCases TrainingCases::labelled_validation() const {
  return {files.training, labelled_cases(*files.training, split.validation), preprocessing};
}

std::optional<PreparedCases> TrainingCases::test() const {
  if (!files.test || (!files.test->labelled() && !files.test->has_targets())) return std::nullopt;
  return PreparedCases(files.test, labelled_cases(*files.test, all_cases(files.test->case_count())), preprocessing);
}

std::optional<PreparedCases> TrainingCases::all_test() const {
  if (!files.test) return std::nullopt;
  return PreparedCases(files.test, all_cases(files.test->case_count()), preprocessing);
}

TrainingCases load_training_cases(DataOptions options, std::uint64_t seed, const Preprocessing* fitted) {
  if (fitted != nullptr) options.schema = fitted->schema;
  TrainingCases cases{.files = open_data(options), .split = {}, .preprocessing = {}};
  cases.split = split_validation(*cases.files.training, options.validation, seed);
  cases.preprocessing = fitted != nullptr
                            ? *fitted
                            : fit_preprocessing(options.scale, *cases.files.training, cases.split.training,
                                                Binarization::parse(options.binarize, seed));
  for (const auto& dataset : {cases.files.training, cases.files.test})
    if (dataset) check_categories(*dataset, cases.preprocessing.schema);
  return cases;
}

OptionFields model_data_fields(DataOptions& data) {
  OptionFields fields = data.fields();
  std::erase_if(fields, [](const OptionField& field) {
    constexpr std::string_view kTraining[] = {"labels", "validation", "scale", "binarize", "categorical"};
    return std::ranges::find(kTraining, field.name) != std::end(kTraining);
  });
  return fields;
}

PreparedCases load_model_cases(DataOptions options, const ModelFile& model) {
  options.numeric_labels = task(model.task).outputs == Outputs::targets;
  options.schema = model.preprocessing.schema;
  Dataset chosen = chosen_cases(options);
  const bool predicts = task(model.task).outputs != Outputs::inputs;
  if (predicts && chosen.has_targets()) adopt_targets(chosen, model.outputs);
  fit_features(chosen, model.net.feature_count());
  check_categories(chosen, model.preprocessing.schema);
  if (predicts && chosen.labelled()) adopt_classes(chosen, model.outputs);
  const Index count = chosen.case_count();
  return {std::make_shared<const Dataset>(std::move(chosen)), all_cases(count), model.preprocessing};
}

PreparedCases load_feature_cases(DataOptions options, Index features, const Preprocessing& preprocessing) {
  options.schema = preprocessing.schema;
  Dataset chosen = chosen_cases(options);
  fit_features(chosen, features);
  check_categories(chosen, preprocessing.schema);
  const Index count = chosen.case_count();
  return {std::make_shared<const Dataset>(std::move(chosen)), all_cases(count), preprocessing};
}

PreparedCases load_stack_cases(const DataOptions& options, const StackFile& stack) {
  return load_feature_cases(options, stack.stack.feature_count(), stack.preprocessing);
}

const std::vector<std::string>& output_names(const Dataset& dataset) {
  return dataset.has_targets() ? dataset.target_names : dataset.classes;
}

nlohmann::json data_json(const TrainingCases& cases) {
  nlohmann::json json{
      {"train_cases", cases.split.training.size()},
      {"validation_cases", cases.split.validation.size()},
      {"test_cases", cases.files.test ? cases.files.test->case_count() : 0},
      {"features", cases.files.training->feature_count()},
      {"classes", cases.files.training->classes.size()},
  };
  if (cases.files.training->has_targets()) json["targets"] = cases.files.training->target_names.size();
  return json;
}

void check_output(const std::string& out, const std::vector<std::string>& inputs, bool force,
                  const std::string& option) {
  // Nothing here may throw as the file system does, not even in a deleted working folder: check_writable has the words.
  const auto parent = std::filesystem::path(out).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  std::error_code none;
  for (const auto& spec : inputs) {
    if (spec.empty()) continue;
    const std::string input = NpzPath::parse(spec).file;
    // A folder is read by the names of its files, so nothing that stands in it is written over.
    const bool in_folder = std::filesystem::exists(out, none) && same_file(folder, input);
    if (in_folder || same_file(out, input))
      throw InvalidArgument(fmt::format("{}: {} is also read; name another file", option, out));
  }
  check_writable(out, force);
}
