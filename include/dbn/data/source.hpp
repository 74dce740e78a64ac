#pragma once
// `--data SPEC` and its companions: from what a user names to training and test cases.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <dbn/core/option.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn {

/// Data options of every command that reads cases.
struct DataOptions {
  std::string data = "synthetic:digits";  ///< folder, file, FILE.npz:KEY, `-`, or synthetic:NAME[,key=value...]
  std::string label_file;                 ///< labels of `data`, when they stand in a file of their own
  std::string label_column = "last";      ///< last, none, a number from 1, or a name; of targets a list of these
  std::string categorical = "auto";       ///< columns of categories: see ReadOptions
  std::string test;                       ///< test cases; found by itself beside `data` in a folder
  std::string test_label_file;
  std::string validation = "0";  ///< count or fraction of the training cases that is held out
  Index limit = 0;               ///< use only the first cases; 0: all
  Index labels = 0;              ///< use only so many labels; 0: all
  std::string scale = "auto";
  std::string binarize = "none";  ///< none, threshold:T or sample: see Binarization
  bool numeric_labels = false;  ///< labels are numbers, the cases' targets; decided by the task, so not among fields()

  /// Of the stack or model that cases are for, which alone then says what columns hold; not among fields()
  std::optional<Schema> schema = {};

  OptionFields fields();
};

/// What a SPEC leads to. `test` is null when there are no test cases.
struct DataFiles {
  std::shared_ptr<const Dataset> training;
  std::shared_ptr<const Dataset> test;
};

/// Reads everything that the options name, checks that test and training cases fit each other, and applies `limit` to
/// the training cases. Throws IoError, DataError or InvalidArgument.
DataFiles open_data(const DataOptions& options);

}  // namespace dbn
