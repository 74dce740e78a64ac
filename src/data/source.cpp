#include <dbn/data/source.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/table.hpp>
#include <dbn/data/format.hpp>
#include <dbn/data/npz_reader.hpp>
#include <dbn/data/preprocessing.hpp>
#include <dbn/data/synthetic.hpp>

namespace dbn {
namespace {

namespace fs = std::filesystem;

// The usual names of MNIST and its relatives.
constexpr const char* kTrainingStem = "train";
constexpr const char* kTestStem = "t10k";

std::optional<std::string> find_idx(const fs::path& folder, const std::string& stem, const char* kind, int rank) {
  for (const char* pattern : {"{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte"})
    for (const char* ending : {"", ".gz"}) {
      const fs::path path = folder / (fmt::format(fmt::runtime(pattern), stem, kind, rank) + ending);
      if (std::error_code none; fs::exists(path, none)) return path.string();
    }
  return std::nullopt;
}

[[noreturn]] void refuse_label_count(const std::string& label_file, const Dataset& dataset, std::size_t found) {
  throw DataError(fmt::format("{}: expected {} labels, one for each case of {}, found {}", label_file,
                              dataset.case_count(), dataset.name, found));
}

void take_targets(Dataset& dataset, const std::string& label_file) {
  Dataset labels = read_targets(label_file);
  if (labels.case_count() != dataset.case_count())
    refuse_label_count(label_file, dataset, static_cast<std::size_t>(labels.case_count()));
  set_targets(dataset, std::move(labels.targets), std::move(labels.target_names));
}

/// Whether one column of categories, whose features begin at `first`, holds the label of every labelled case.
bool holds_labels(const Column& column, Index first, const Dataset& dataset) {
  std::vector<Index> features;  // of the category that is called as each class
  for (const auto& name : dataset.classes) {
    const auto at = std::ranges::find(column.categories, name);
    if (at == column.categories.end()) return false;
    features.push_back(first + (at - column.categories.begin()));
  }
  bool holds = !features.empty();
  dataset.for_each_block([&](Index begin, const ConstMatrixRef& block) {
    for (Index c = 0; holds && c < block.cols(); ++c) {
      const int label = dataset.labels[static_cast<std::size_t>(begin + c)];
      holds = label == kUnlabelled || block(features[static_cast<std::size_t>(label)], c) == 1;
    }
  });
  return holds;
}

/// Labels in a file of their own leave every column a feature: one that holds them too, and that nobody asked for by
/// name or number, would give the answer away.
void refuse_leaks(const Dataset& dataset, const std::string& label_file, const std::string& categorical) {
  auto asked = split_list(categorical);
  std::erase(asked, "auto");
  Index first = 0;
  for (std::size_t i = 0; i < dataset.schema.columns.size(); ++i) {
    const Column& column = dataset.schema.columns[i];
    const std::string number = fmt::format("{}", i + 1);
    const bool meant = std::ranges::any_of(
        asked, [&](const auto& text) { return text == number || (!column.name.empty() && text == column.name); });
    if (!meant && holds_labels(column, first, dataset))
      throw DataError(fmt::format(
          "{}: column {}{}: expected features, found the labels of {} case by case, which would give the answer away; "
          "say --label-column {} instead of --label-file, or say by --categorical which columns hold categories (none, "
          "or a list of others)",
          dataset.name, number, column.name.empty() ? "" : fmt::format(" ('{}')", column.name), label_file,
          column.name.empty() ? number : column.name));
    first += column.feature_count();
  }
}

Dataset read_with_labels(const std::string& spec, const std::string& label_file, const DataOptions& options) {
  if (const auto [file, keys] = NpzPath::parse(spec); keys.size() > 1) {
    if (keys.size() > 2 || !label_file.empty())
      throw InvalidArgument(
          fmt::format("{}: expected {}:KEY, or {}:KEY,LABELKEY without another file of labels", spec, file, file));
    return read_with_labels(file + ":" + keys[0], file + ":" + keys[1], options);
  }
  const std::string path = spec == "-" ? "/dev/stdin" : spec;
  ReadOptions reading{.label_column = options.label_column,
                      .numeric_labels = options.numeric_labels,
                      .categorical = options.categorical,
                      .schema = options.schema};
  if (label_file.empty()) return read_dataset(path, reading);
  // Labels that stand in a file of their own are not a column of the table.
  reading.label_column = "none";
  reading.numeric_labels = false;
  Dataset dataset = read_dataset(path, reading);
  if (options.numeric_labels) {
    take_targets(dataset, label_file);
    return dataset;
  }
  const auto labels = read_labels(label_file);
  if (static_cast<Index>(labels.size()) != dataset.case_count()) refuse_label_count(label_file, dataset, labels.size());
  set_labels(dataset, labels);
  if (!options.schema) refuse_leaks(dataset, label_file, options.categorical);
  return dataset;
}

std::optional<Dataset> read_idx_folder(const fs::path& folder, const std::string& stem, const std::string& label_file,
                                       const DataOptions& options) {
  const auto images = find_idx(folder, stem, "images", 3);
  if (!images) return std::nullopt;
  std::string labels = label_file;
  if (labels.empty()) labels = find_idx(folder, stem, "labels", 1).value_or("");
  return read_with_labels(*images, labels, options);
}

struct Pair {
  std::optional<Dataset> training, test;
};

Pair make_synthetic(const std::string& text, const DataOptions& options) {
  const auto spec = SyntheticSpec::parse(text);
  const auto seed = static_cast<std::uint64_t>(spec.seed);
  Pair pair;
  pair.training = spec.generator->make(Stream(seed, Purpose::synthetic_training), spec.training);
  if (spec.test > 0) pair.test = spec.generator->make(Stream(seed, Purpose::synthetic_test), spec.test);
  for (auto* part : {&pair.training, &pair.test})
    if (*part && options.numeric_labels) labels_to_targets(**part);
  return pair;
}

Pair read_folder(const std::string& folder, const DataOptions& options) {
  Pair pair;
  pair.training = read_idx_folder(folder, kTrainingStem, options.label_file, options);
  if (!pair.training)
    throw DataError(fmt::format("{}: expected train-images-idx3-ubyte[.gz] in this folder, found none", folder));
  if (options.test.empty()) pair.test = read_idx_folder(folder, kTestStem, options.test_label_file, options);
  return pair;
}

Pair read_training(const DataOptions& options) {
  if (SyntheticSpec::is(options.data)) return make_synthetic(options.data, options);
  if (std::error_code none; fs::is_directory(options.data, none)) return read_folder(options.data, options);
  return {read_with_labels(options.data, options.label_file, options), std::nullopt};
}

// Test cases by a SPEC of their own: the test part of a folder or generator, or a whole file, with the categories of
// the training cases.
Dataset read_test(DataOptions options, const Schema& schema) {
  options.schema = schema;
  if (SyntheticSpec::is(options.test)) {
    Pair pair = make_synthetic(options.test, options);
    if (!pair.test) throw InvalidArgument(options.test + ": expected test=N with N of at least 1");
    return std::move(*pair.test);
  }
  if (std::error_code none; fs::is_directory(options.test, none)) {
    auto test = read_idx_folder(options.test, kTestStem, options.test_label_file, options);
    if (!test) throw DataError(fmt::format("{}: expected t10k-images-idx3-ubyte[.gz] in this folder", options.test));
    return std::move(*test);
  }
  return read_with_labels(options.test, options.test_label_file, options);
}

bool is_in_other_case(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); };
  return text != word && std::ranges::equal(text, word, {}, lower);
}

void check_categorical(const std::string& categorical) {
  const auto parts = split_list(categorical);
  const bool wrong = std::ranges::any_of(parts, [&](const std::string& part) {
    return part.empty() || (part == "none" && parts.size() > 1) || is_in_other_case(part, "auto") ||
           is_in_other_case(part, "none");
  });
  if (wrong)
    throw InvalidArgument(fmt::format(
        "--categorical: expected auto, none alone, or a list of column numbers from 1, column names and auto without "
        "gaps, found '{}'; a column that is called auto or none goes by its number",
        categorical));
}

void check_test_fits(const Dataset& training, const Dataset& test) {
  if (training.feature_count() != test.feature_count())
    throw DataError(fmt::format("{}: expected {} features, as in {}, found {}", test.name, training.feature_count(),
                                training.name, test.feature_count()));
}

}  // namespace

OptionFields DataOptions::fields() {
  return {
      {.name = "data",
       .value = &data,
       .help =
           "training cases: a folder with IDX files under their usual names, a file "
           "(.idx .csv .tsv .npy .libsvm .svm, each also .gz, .npz), FILE.npz:KEY or FILE.npz:KEY,LABELKEY for other "
           "arrays than x and y, - for CSV on stdin, or "
           "synthetic:NAME[,cases=N,test=N,seed=N] with NAME one of " +
           fmt::format("{}", fmt::join(row_names(synthetic_datasets()), ", "))},
      {.name = "label-file", .value = &label_file, .help = "file with the labels of --data", .unset = "none"},
      {.name = "label-column",
       .value = &label_column,
       .help = "column of labels: last, none, a number from 1, a name; a list of columns for --task regression"},
      {.name = "categorical",
       .value = &categorical,
       .help =
           "columns of categories in a table, each a group of features, one of K: auto, those with nothing but names "
           "in --data; none; or a list of numbers from 1, names, and auto; a stack or model knows its own"},
      {.name = "test", .value = &test, .help = "test cases, as --data", .unset = "those beside --data, if any"},
      {.name = "test-label-file", .value = &test_label_file, .help = "file with the labels of --test", .unset = "none"},
      {.name = "validation", .value = &validation, .help = "training cases held out: a count, or a fraction below 1"},
      {.name = "limit", .value = &limit, .help = "use the first N training cases (0: all)", .range = {.least = 0}},
      {.name = "labels",
       .value = &labels,
       .help = "use N labels, balanced over classes and drawn by seed; the other cases are unlabelled (0: all)",
       .range = {.least = 0}},
      {.name = "scale",
       .value = &scale,
       .help = "scaling fitted on training cases: unit divides by the largest value, minmax takes each feature to [0, "
               "1], standardize to mean 0 and variance 1; auto takes none for values within [0, 1], unit for others "
               "from 0 up, else standardize",
       .choices = scale_names()},
      {.name = "binarize",
       .value = &binarize,
       .help = "make scaled values 0 or 1: threshold:T gives 1 above T, sample gives 1 with the value as probability, "
               "drawn once for each case by seed; none leaves them"},
  };
}

DataFiles open_data(const DataOptions& options) {
  check_categorical(options.categorical);
  Pair pair = read_training(options);
  if (!options.test.empty()) pair.test = read_test(options, pair.training->schema);
  if (options.limit > 0) keep_first(*pair.training, options.limit);
  DataFiles files;
  if (pair.test) {
    pad_features(*pair.test, pair.training->feature_count());
    check_test_fits(*pair.training, *pair.test);
    if (pair.training->has_targets() && pair.test->has_targets())
      adopt_targets(*pair.test, pair.training->target_names);
    if (pair.training->labelled() && pair.test->labelled()) adopt_classes(*pair.test, pair.training->classes);
    files.test = std::make_shared<const Dataset>(std::move(*pair.test));
  }
  files.training = std::make_shared<const Dataset>(std::move(*pair.training));
  return files;
}

}  // namespace dbn
