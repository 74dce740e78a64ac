#pragma once
// The table of file formats that cases are read from. To add one: write src/data/<format>_reader.cpp and a row here.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dbn/data/dataset.hpp>
#include <dbn/io/file.hpp>

namespace dbn {

/// Where the labels of a table are, and what they are.
struct ReadOptions {
  /// "last" or "none"; where the format has columns, also a column number from 1, or a column's name
  std::string label_column = "last";
  bool numeric_labels = false;  ///< they are numbers, the dataset's targets; `label_column` may list several
  /// Which columns of a table hold categories: auto, those all of whose fields are names; none; or a list of numbers
  /// from 1 and names of columns, which hold categories whatever they look like, and of auto
  std::string categorical = "auto";
  std::optional<Schema> schema = {};  ///< of the training cases, which says it instead: theirs alone are known
  /// Files of at least so many bytes stay on disk, where their format lets them, and are read batch by batch. A smaller
  /// one is faster in memory, and no machine that trains nets lacks room for it.
  std::uint64_t stored_from = std::uint64_t{1} << 28;
};

/// One format: how its files are named and recognised, and how they are read.
struct Format {
  std::string name;
  std::vector<std::string> extensions;                     ///< with the dot, lower case, without .gz
  bool (*recognise)(std::span<const std::uint8_t> bytes);  ///< by content, for files of another name
  Dataset (*read)(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options);
  /// Reads a file of nothing but targets, as a dataset without features; nullptr where the format knows none.
  Dataset (*read_targets)(std::span<const std::uint8_t> bytes, const std::string& name);
  /// Reads a file of nothing but labels; nullptr where the format knows none.
  std::vector<std::string> (*read_labels)(std::span<const std::uint8_t> bytes, const std::string& name);
  /// Cases that stay in their file, or none where this one does not let them; nullptr where no file of the format does.
  std::optional<Dataset> (*open)(const std::shared_ptr<const StoredFile>& file) = nullptr;
  bool compressed = false;  ///< by itself, so that .gz around it is refused
  bool columns = false;     ///< `label_column` may name some
};

/// All formats, most specific recogniser first.
const std::vector<Format>& formats();

/// Reads a file of any known format: by extension, else recognised by content; through gunzip when it is named .gz.
/// Large IDX and NPY files stay on disk, see ReadOptions::stored_from.
/// FILE.npz:KEY, here and below, is one array of such a file, read as an NPY file. Throws IoError, or DataError, also
/// when the name says gzip and the contents do not, or the reverse; InvalidArgument when `options` ask for a label
/// column of a format without columns.
Dataset read_dataset(const std::string& path, const ReadOptions& options = {});

/// Reads the labels of a file that holds nothing else (IDX or NPY of rank 1, one CSV column) or of NPZ, one text per
/// case.
std::vector<std::string> read_labels(const std::string& path);

/// Reads numbers to predict from such a file, as the targets of a dataset without features.
Dataset read_targets(const std::string& path);

}  // namespace dbn
