#pragma once
// Cases that are held in memory beside the same ones that stay in their file.

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/data/fingerprint.hpp>
#include <dbn/data/format.hpp>

#include "temp_dir.hpp"

namespace dbn::test {

/// Not through write_file, which would wait for the disk each time.
inline void write_quickly(const std::string& path, const ByteBuffer& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

struct Twins {
  Dataset held, stored;
};

/// Both ways of reading a file whose format allows the second.
inline Twins read_twins(const std::string& path) {
  return {read_dataset(path, {.label_column = "none", .stored_from = ~std::uint64_t{0}}),
          read_dataset(path, {.label_column = "none", .stored_from = 0})};
}

/// What reading a file comes to: its fingerprint, or the words in which it is refused.
inline std::string outcome(const std::string& path, std::uint64_t stored_from) {
  try {
    return fingerprint(read_dataset(path, {.label_column = "none", .stored_from = stored_from}));
  } catch (const DataError& error) {
    return error.what();
  }
}

/// Expects the same outcome of a file with these bytes and this ending in either way.
inline void expect_same_outcome(const ByteBuffer& bytes, const std::string& extension) {
  static const TempDir dir;
  const std::string path = dir.path("cases" + extension);
  write_quickly(path, bytes);
  EXPECT_EQ(outcome(path, 0), outcome(path, ~std::uint64_t{0}));
}

}  // namespace dbn::test
