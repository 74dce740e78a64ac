#include <dbn/data/format.hpp>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/data/csv_reader.hpp>
#include <dbn/data/idx_reader.hpp>
#include <dbn/data/libsvm_reader.hpp>
#include <dbn/data/npy_reader.hpp>
#include <dbn/data/npz_reader.hpp>
#include <dbn/io/gzip.hpp>
#include <dbn/io/npy_array.hpp>
#include <dbn/io/zip_archive.hpp>

namespace dbn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGzip = ".gz";

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// A name that lies about gzip is refused in either direction: somebody renamed the file, and the next tool would fail.
ByteBuffer read_contents(const std::string& path) {
  ByteBuffer bytes = read_file(path);
  const bool named_gzip = lower_case(path).ends_with(kGzip);
  if (named_gzip && !is_gzip(bytes))
    throw DataError(fmt::format("{}: named .gz but is not gzip; rename it, or fetch it again", path));
  if (!named_gzip && is_gzip(bytes))
    throw DataError(fmt::format("{0}: is gzip but not named .gz; rename it to {0}.gz", path));
  return named_gzip ? gunzip(bytes, path) : bytes;
}

std::string known_formats() {
  std::string text;
  for (const auto& format : formats())
    text += fmt::format("{}{} ({}){}", text.empty() ? "" : ", ", format.name, fmt::join(format.extensions, ", "),
                        format.compressed ? "" : ", also .gz");
  return text;
}

/// By the name, else by the first bytes; null when neither is known.
const Format* find_format(const std::string& path, std::span<const std::uint8_t> bytes) {
  std::string name = lower_case(path);
  const bool gzipped = name.ends_with(kGzip);
  if (gzipped) name.resize(name.size() - kGzip.size());
  for (const auto& format : formats())
    for (const auto& extension : format.extensions) {
      if (!name.ends_with(extension)) continue;
      if (gzipped && format.compressed)
        throw DataError(fmt::format("{}: {} is compressed already; unpack the gzip around it", path, format.name));
      return &format;
    }
  for (const auto& format : formats())
    if (format.recognise(bytes)) return &format;
  return nullptr;
}

const Format& format_of(const std::string& path, std::span<const std::uint8_t> bytes) {
  if (const Format* format = find_format(path, bytes)) return *format;
  throw DataError(
      fmt::format("{}: neither name nor contents are of a known format; known are {}", path, known_formats()));
}

/// What a path leads to.
struct Contents {
  ByteBuffer bytes;
  const Format& format;
};

Contents open_path(const std::string& path) {
  const auto [file, keys] = NpzPath::parse(path);
  ByteBuffer bytes = read_contents(file);
  if (keys.size() > 1) throw DataError(fmt::format("{}: expected one array, found the keys of {}", path, keys.size()));
  if (!keys.empty())
    return {npz_member(bytes, file, keys.front()), *std::ranges::find(formats(), "npy", &Format::name)};
  const Format& format = format_of(path, bytes);
  return {std::move(bytes), format};
}

/// Throws InvalidArgument when options ask for columns of a format that has none.
void check_columns(const Format& format, const std::string& path, const ReadOptions& options) {
  const std::string& column = options.label_column;
  if (!format.columns && column != "last" && column != "none")
    throw InvalidArgument(
        fmt::format("--label-column: {}: files of format {} have no columns to choose from; expected last or none, "
                    "found '{}'; leave it out, or give the labels as a file of their own",
                    path, format.name, column));
  if (!format.columns && !options.schema && options.categorical != "auto" && options.categorical != "none")
    throw InvalidArgument(
        fmt::format("--categorical: {}: files of format {} have no columns of categories; expected auto or none, found "
                    "'{}'",
                    path, format.name, options.categorical));
}

/// Asks by name: what is opened and is a pipe, not a file, has lost its writer when it is opened again.
bool is_large_file(const std::string& path, std::uint64_t least) {
  std::error_code none;
  return fs::is_regular_file(path, none) && fs::file_size(path, none) >= least;
}

/// Cases that stay in their file; none when it must be read whole.
std::optional<Dataset> open_stored(const std::string& path, const ReadOptions& options) {
  constexpr std::size_t kRecognised = 4096;
  if (!NpzPath::parse(path).keys.empty() || !is_large_file(path, options.stored_from)) return std::nullopt;
  const auto file = std::make_shared<const StoredFile>(path);
  const ByteBuffer beginning = file->beginning(kRecognised);
  if (lower_case(path).ends_with(kGzip) || is_gzip(beginning)) return std::nullopt;
  const Format* format = find_format(path, beginning);
  if (format == nullptr || format->open == nullptr) return std::nullopt;
  check_columns(*format, path, options);
  return format->open(file);
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::vector<Format> table = {
      {"idx", {".idx"}, is_idx, read_idx, read_idx_targets, read_idx_labels, open_idx},
      {"npy", {".npy"}, is_npy, read_npy, read_npy_targets, read_npy_labels, open_npy},
      {"npz", {".npz"}, is_zip, read_npz, read_npz_targets, read_npz_labels, nullptr, true},
      {"libsvm", {".libsvm", ".svm"}, is_libsvm, read_libsvm, nullptr, nullptr},
      {"csv", {".csv", ".tsv"}, is_text, read_csv, read_csv_targets, read_csv_labels, nullptr, false, true},
  };
  return table;
}

Dataset read_dataset(const std::string& path, const ReadOptions& options) {
  if (auto stored = open_stored(path, options)) return std::move(*stored);
  const auto [bytes, format] = open_path(path);
  check_columns(format, path, options);
  return format.read(bytes, path, options);
}

std::vector<std::string> read_labels(const std::string& path) {
  const auto [bytes, format] = open_path(path);
  if (format.read_labels == nullptr)
    throw DataError(
        fmt::format("{}: labels cannot be read from a file of format {}; use IDX, NPY, NPZ or CSV", path, format.name));
  return format.read_labels(bytes, path);
}

Dataset read_targets(const std::string& path) {
  const auto [bytes, format] = open_path(path);
  if (format.read_targets == nullptr)
    throw DataError(fmt::format("{}: targets cannot be read from a file of format {}; use IDX, NPY, NPZ or CSV", path,
                                format.name));
  return format.read_targets(bytes, path);
}

}  // namespace dbn
