#pragma once
// Zip archives made in memory, by libzip: what NumPy's npz and PyTorch's pt are.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <dbn/io/file.hpp>

namespace dbn {

/// One file of an archive: its name, and its bytes where they lie, in one piece or several.
struct ZipEntry {
  std::string name;
  std::vector<std::span<const std::uint8_t>> pieces;
};

/// The bytes of an archive of these files in this order, stored as they are, so that others may map them. Each file's
/// bytes begin at a multiple of 64. All dates are the first of 1980: the same files are the same bytes. Throws
/// InvalidArgument for no file, and for names that are empty, longer than 1000 bytes, not ASCII, or there twice;
/// IoError when libzip fails.
ByteBuffer encode_zip(const std::vector<ZipEntry>& entries);

}  // namespace dbn
