#include <dbn/data/case_output.hpp>

#include <algorithm>
#include <filesystem>
#include <variant>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/gzip_file.hpp>
#include <dbn/io/streamed_file.hpp>

#include "case_writers.hpp"

namespace dbn {
namespace {

constexpr std::string_view kGzip = ".gz";
constexpr const char* kNoLabels = "none";

std::string known_extensions() {
  std::string text;
  for (const auto& format : case_formats())
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", fmt::join(format.extensions, ", "),
                        format.compressed ? "" : "[.gz]");
  return text;
}

std::variant<StreamedFile, GzipFile> open_file(const std::string& path) {
  if (path.ends_with(kGzip)) return GzipFile(path);
  return StreamedFile(path);
}

bool has_unlabelled(const detail::CaseRows& rows) {
  return std::any_of(rows.cases.begin(), rows.cases.end(), [&](Index c) { return rows.label(c) == kUnlabelled; });
}

void check_labels_fit(const detail::CaseRows& rows, const CaseFormat& format, const std::string& label_option) {
  if (!format.gaps && has_unlabelled(rows))
    throw InvalidArgument(
        fmt::format("{}: some cases have no label, and files of format {} hold one for every case or none at all; "
                    "write CSV, or no labels with --{} none",
                    rows.dataset.name, format.name, label_option));
}

/// Class names as a file holds them that can hold such as `holds` says, else their numbers.
std::vector<std::string> class_names(const std::vector<std::string>& classes, CaseFormat::HoldsClasses holds) {
  if (holds(classes)) return classes;
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < classes.size(); ++i) numbers.push_back(fmt::format("{}", i));
  return numbers;
}

/// What goes where.
struct Plan {
  detail::CaseRows rows;
  const CaseFormat& format;
  const CaseFormat* label_format;  ///< of a file of labels; nullptr: there is none
};

Plan plan_of(const Dataset& dataset, std::span<const Index> cases, const CasePaths& paths) {
  check_case_paths(paths);
  if (cases.empty()) throw InvalidArgument(fmt::format("{}: expected at least one case to write", paths.cases));
  const CaseFormat& format = case_format(paths.cases);
  const bool wanted = paths.labels != kNoLabels;
  const bool any = wanted && (dataset.labelled() || dataset.has_targets());
  const bool apart = format.holds_classes == nullptr;
  if (any && apart && paths.labels.empty())
    throw InvalidArgument(
        fmt::format("{}: files of format {} hold no labels; name a file for them with --{} (none leaves them out), or "
                    "write CSV, NPZ or LIBSVM",
                    paths.cases, format.name, paths.label_option));
  if (!any && wanted && !paths.labels.empty())
    throw InvalidArgument(fmt::format("{}: {} has no labels to write", paths.labels, dataset.name));
  Plan plan{.rows = {.dataset = dataset,
                     .cases = cases,
                     .labelled = wanted && dataset.labelled(),
                     .targets = wanted && dataset.has_targets(),
                     .classes = {}},
            .format = format,
            .label_format = any && apart ? &case_format(paths.labels) : nullptr};
  if (!plan.rows.labelled) return plan;
  check_labels_fit(plan.rows, apart ? *plan.label_format : format, paths.label_option);
  plan.rows.classes =
      class_names(dataset.classes, apart ? plan.label_format->labels_hold_classes : format.holds_classes);
  return plan;
}

}  // namespace

const std::vector<CaseFormat>& case_formats() {
  using namespace detail;
  static const std::vector<CaseFormat> table = {
      {.name = "csv",
       .extensions = {".csv"},
       .expects_labels = true,
       .gaps = true,
       .write = write_csv,
       .holds_classes = csv_holds_classes,
       .write_labels = write_csv_labels,
       .labels_hold_classes = csv_labels_hold_classes},
      {.name = "tsv",
       .extensions = {".tsv"},
       .expects_labels = true,
       .gaps = true,
       .write = write_tsv,
       .holds_classes = csv_holds_classes,
       .write_labels = write_tsv_labels,
       .labels_hold_classes = csv_labels_hold_classes},
      {.name = "libsvm",
       .extensions = {".libsvm", ".svm"},
       .expects_labels = true,
       .write = write_libsvm,
       .holds_classes = libsvm_holds_classes},
      {.name = "npy",
       .extensions = {".npy"},
       .write = write_npy,
       .write_labels = write_npy_labels,
       .labels_hold_classes = npy_holds_classes},
      {.name = "npz",
       .extensions = {".npz"},
       .compressed = true,
       .write = write_npz,
       .holds_classes = npy_holds_classes},
      {.name = "idx",
       .extensions = {".idx", "-ubyte"},  // the usual names of MNIST's files end so
       .write = write_idx,
       .write_labels = write_idx_labels,
       .labels_hold_classes = idx_holds_classes},
  };
  return table;
}

const CaseFormat& case_format(const std::string& path) {
  const bool gzipped = path.ends_with(kGzip);
  const std::string_view name = std::string_view(path).substr(0, path.size() - (gzipped ? kGzip.size() : 0));
  const auto named = [&](const CaseFormat& format) {
    return std::ranges::any_of(format.extensions, [&](const auto& extension) { return name.ends_with(extension); });
  };
  const auto& table = case_formats();
  auto format = std::ranges::find_if(table, named);
  if (format == table.end() && !std::filesystem::path(name).has_extension()) format = table.begin();
  if (format == table.end())
    throw InvalidArgument(fmt::format("{}: expected a name that ends in one of {}, so that its format is known", path,
                                      known_extensions()));
  if (gzipped && format->compressed)
    throw InvalidArgument(fmt::format("{}: {} needs no gzip around it; leave out the .gz", path, format->name));
  return *format;
}

void check_case_paths(const CasePaths& paths) {
  const CaseFormat& format = case_format(paths.cases);
  if (paths.labels.empty() || paths.labels == kNoLabels) return;
  if (format.holds_classes != nullptr)
    throw InvalidArgument(
        fmt::format("{}: {} holds the labels itself; leave the file of labels out, or say none to write no labels",
                    paths.labels, paths.cases));
  if (case_format(paths.labels).write_labels == nullptr)
    throw InvalidArgument(fmt::format("{}: labels alone are no file of format {}; expected .csv, .tsv, .npy or .idx",
                                      paths.labels, case_format(paths.labels).name));
}

class CaseOutput::File {
 public:
  File(const std::string& path, CaseFormat::Write write, const detail::CaseRows& rows) : file_(open_file(path)) {
    write(rows,
          [&](std::span<const std::uint8_t> bytes) { std::visit([&](auto& file) { file.append(bytes); }, file_); });
  }
  void commit() {
    std::visit([](auto& file) { file.commit(); }, file_);
  }

 private:
  std::variant<StreamedFile, GzipFile> file_;
};

void check_case_output(const Dataset& dataset, std::span<const Index> cases, const CasePaths& paths) {
  plan_of(dataset, cases, paths);
}

CaseOutput::CaseOutput(const Dataset& dataset, std::span<const Index> cases, const CasePaths& paths) {
  const Plan plan = plan_of(dataset, cases, paths);
  with_labels_ = plan.rows.labelled || plan.rows.targets;
  numbered_classes_ = plan.rows.labelled && plan.rows.classes != dataset.classes;
  files_.push_back(std::make_unique<File>(paths.cases, plan.format.write, plan.rows));
  if (plan.label_format != nullptr)
    files_.push_back(std::make_unique<File>(paths.labels, plan.label_format->write_labels, plan.rows));
}

CaseOutput::~CaseOutput() = default;
CaseOutput::CaseOutput(CaseOutput&&) noexcept = default;
CaseOutput& CaseOutput::operator=(CaseOutput&&) noexcept = default;

void CaseOutput::commit() {
  for (const auto& file : files_) file->commit();
}

}  // namespace dbn
