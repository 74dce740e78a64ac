#pragma once
// Cases from NPZ files, as numpy.savez() and numpy.savez_compressed() write them: zip archives of NPY files, each named
// by its key.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dbn/data/dataset.hpp>
#include <dbn/data/format.hpp>

namespace dbn {

/// What a user writes to name arrays of an NPZ file: FILE.npz, FILE.npz:KEY, or FILE.npz:KEY,KEY.
struct NpzPath {
  std::string file;
  std::vector<std::string> keys;  ///< empty: which array is meant follows from the file

  /// A file whose own name has that form is just a file. A path of any other form is one without keys.
  static NpzPath parse(const std::string& path);
};

/// Cases from the array `x`, or else from the only one there is besides `y`; labels from the array `y` if there is one,
/// targets with `options.numeric_labels`, neither with the label column "none". Throws DataError, which lists the keys
/// and says how to name one, when the cases could be in several arrays, and like ZipArchive and read_npy.
Dataset read_npz(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options);

/// Targets or labels from the array `y`, or else from the only one there is.
Dataset read_npz_targets(std::span<const std::uint8_t> bytes, const std::string& name);
std::vector<std::string> read_npz_labels(std::span<const std::uint8_t> bytes, const std::string& name);

/// The NPY file that an NPZ file holds under this key. Throws DataError, which lists the keys, when there is none.
ByteBuffer npz_member(std::span<const std::uint8_t> bytes, const std::string& name, const std::string& key);

}  // namespace dbn
