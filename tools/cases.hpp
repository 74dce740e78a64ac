#pragma once
// From data options to the cases that a command works on.

#include <cstdint>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include <dbn/data/case_source.hpp>
#include <dbn/data/source.hpp>
#include <dbn/data/split.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>

#include "command_line.hpp"

/// Cases to train on, and what was held out of them.
struct TrainingCases {
  dbn::DataFiles files;
  dbn::Split split;
  dbn::Preprocessing preprocessing;

  dbn::PreparedCases training() const { return {files.training, split.training, preprocessing}; }
  dbn::PreparedCases validation() const { return {files.training, split.validation, preprocessing}; }
  /// Training cases that show their labels: `count` of them, or all for 0. Throws DataError when there are none.
  dbn::PreparedCases labelled(dbn::Index count, std::uint64_t seed) const;
  /// Held-out cases that have labels.
  dbn::PreparedCases labelled_validation() const;
  /// Test cases that have labels or targets; none without a labelled test set.
  std::optional<dbn::PreparedCases> test() const;
  /// Test cases with and without labels; none without a test set.
  std::optional<dbn::PreparedCases> all_test() const;
};

/// Reads, splits, scales and binarizes. `fitted` (may be null) is the preprocessing of a stack or model that must be
/// used again, with its categories.
TrainingCases load_training_cases(dbn::DataOptions options, std::uint64_t seed, const dbn::Preprocessing* fitted);

/// The data options of commands that apply a model: those about training are not among them.
dbn::OptionFields model_data_fields(dbn::DataOptions& data);

/// The cases that a model is applied to: those of --test or of a test part beside --data when there are any, else
/// --data. Their classes or targets become the model's, unless it is an autoencoder. Throws DataError when cases and
/// model do not fit.
dbn::PreparedCases load_model_cases(dbn::DataOptions options, const dbn::ModelFile& model);

/// Cases of so many features, chosen in the same way, with whatever labels they have. Throws DataError for another
/// number of features.
dbn::PreparedCases load_feature_cases(dbn::DataOptions options, dbn::Index features,
                                      const dbn::Preprocessing& preprocessing);

/// The cases that a stack is applied to: those, treated by the stack's own preprocessing.
dbn::PreparedCases load_stack_cases(const dbn::DataOptions& options, const dbn::StackFile& stack);

/// The names of the classes or targets that a net learns from these cases.
const std::vector<std::string>& output_names(const dbn::Dataset& dataset);

/// {"train_cases", "validation_cases", "test_cases", "features", "classes"}, with targets also "targets", how many
nlohmann::json data_json(const TrainingCases& cases);

/// Throws InvalidArgument, which names the option, when a command would write over what it reads, IoError when it could
/// not write at all.
void check_output(const std::string& out, const std::vector<std::string>& inputs, bool force,
                  const std::string& option = "--out");
