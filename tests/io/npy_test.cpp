#include <dbn/io/npy.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kPrefix = 10;

std::string text_of(const std::string& path) {
  const ByteBuffer bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

std::size_t stored_length(const std::string& file) {
  return static_cast<unsigned char>(file[8]) + std::size_t{256} * static_cast<unsigned char>(file[9]);
}

// What NumPy would see: rows of the array are columns here.
Matrix parsed(const std::string& file, Index units, Index cases) {
  const std::size_t begin = kPrefix + stored_length(file);
  Matrix values(units, cases);
  EXPECT_EQ(file.size(), begin + static_cast<std::size_t>(values.size()) * sizeof(Scalar));
  for (Index c = 0; c < cases; ++c)
    for (Index r = 0; r < units; ++r)
      std::memcpy(&values(r, c), file.data() + begin + static_cast<std::size_t>(c * units + r) * sizeof(Scalar),
                  sizeof(Scalar));
  return values;
}

TEST(Npy, HeaderIsThatOfVersionOne) {
  const std::string header = npy_header(784, 100);
  const std::string dictionary =
      fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': (100, 784), }}", sizeof(Scalar));
  EXPECT_EQ(header.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(header.size(), 128U);
  EXPECT_EQ(stored_length(header), header.size() - kPrefix);
  EXPECT_EQ(header.substr(kPrefix, dictionary.size()), dictionary);
  EXPECT_EQ(header.substr(kPrefix + dictionary.size()),
            std::string(header.size() - kPrefix - dictionary.size() - 1, ' ') + "\n");
}

TEST(Npy, ShapesOfAnyRankAreTuples) {
  EXPECT_THAT(npy_header("<f8", std::vector<Index>{7}),
              HasSubstr("{'descr': '<f8', 'fortran_order': False, 'shape': (7,), }"));
  EXPECT_THAT(npy_header("<f4", std::vector<Index>{2, 3, 4}), HasSubstr("'shape': (2, 3, 4), }"));
}

TEST(Npy, NumbersBeginAtAMultipleOf64WhateverTheShape) {
  Index cases = 1;
  for (int digits = 1; digits < 18; ++digits, cases *= 10)
    for (const Index units : {Index{1}, Index{784}, std::numeric_limits<Index>::max()}) {
      const std::string header = npy_header(units, cases);
      EXPECT_EQ(header.size() % 64, 0U);
      EXPECT_EQ(stored_length(header), header.size() - kPrefix);
      EXPECT_THAT(header, HasSubstr(fmt::format("'shape': ({}, {}), }}", cases, units)));
      EXPECT_EQ(header.back(), '\n');
    }
}

TEST(Npy, NumbersComeBackToTheBit) {
  const test::TempDir dir;
  Matrix cases(3, 2);
  cases << 1, -2, Scalar(1) / 3, std::numeric_limits<Scalar>::denorm_min(), Scalar(-0.0), Scalar(1e30);
  write_npy(dir.path("a.npy"), cases);
  EXPECT_EQ(parsed(text_of(dir.path("a.npy")), 3, 2), cases);
  EXPECT_THAT(text_of(dir.path("a.npy")), HasSubstr("'shape': (2, 3)"));
}

TEST(Npy, APartOfAMatrixIsWrittenWithoutWhatLiesBetween) {
  const test::TempDir dir;
  Matrix all(5, 4);
  for (Index i = 0; i < all.size(); ++i) all(i) = static_cast<Scalar>(i);
  write_npy(dir.path("a.npy"), all.block(1, 1, 3, 2));
  EXPECT_EQ(parsed(text_of(dir.path("a.npy")), 3, 2), all.block(1, 1, 3, 2));
}

TEST(Npy, NoCasesAreAnEmptyArray) {
  const test::TempDir dir;
  write_npy(dir.path("a.npy"), Matrix(3, 0));
  EXPECT_EQ(text_of(dir.path("a.npy")), npy_header(3, 0));
}

TEST(NpyWriter, BatchesOfAnySizeMakeTheSameFile) {
  const test::TempDir dir;
  Matrix all(3, 7);
  for (Index i = 0; i < all.size(); ++i) all(i) = static_cast<Scalar>(i) / 3;
  write_npy(dir.path("whole.npy"), all);
  for (const Index batch : {1, 2, 7}) {
    NpyWriter file(dir.path("a.npy"), 3, 7);
    for (Index first = 0; first < 7; first += batch) file.append(all.middleCols(first, std::min(batch, 7 - first)));
    file.append(Matrix(3, 0));
    file.commit();
    EXPECT_EQ(text_of(dir.path("a.npy")), text_of(dir.path("whole.npy"))) << batch;
  }
}

TEST(NpyWriter, MakesNoFileThatItsHeaderBelies) {
  const test::TempDir dir;
  NpyWriter file(dir.path("a.npy"), 3, 4);
  EXPECT_THROW(file.append(Matrix::Zero(2, 1)), InvalidArgument);
  file.append(Matrix::Zero(3, 3));
  EXPECT_THAT([&] { file.commit(); }, testing::ThrowsMessage<InvalidArgument>(HasSubstr("expected 1 more cases")));
  EXPECT_THAT([&] { file.append(Matrix::Zero(3, 2)); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("at most 1 more cases, found 2")));
  EXPECT_FALSE(std::filesystem::exists(dir.path("a.npy")));
  file.append(Matrix::Zero(3, 1));
  file.commit();
  EXPECT_EQ(parsed(text_of(dir.path("a.npy")), 3, 4), Matrix::Zero(3, 4)) << "what was refused left no trace";
}

TEST(NpyIndexWriter, WritesAnArrayOfOneDimension) {
  const test::TempDir dir;
  const std::vector<std::int64_t> indices{3, 0, -1, std::int64_t{1} << 40};
  NpyIndexWriter file(dir.path("a.npy"), 4);
  file.append(std::span(indices).first(1));
  EXPECT_THROW(file.commit(), InvalidArgument);
  EXPECT_THROW(file.append(indices), InvalidArgument);
  file.append(std::span(indices).subspan(1));
  file.commit();
  const std::string text = text_of(dir.path("a.npy"));
  const std::string header = npy_header("<i8", std::vector<Index>{4});
  EXPECT_THAT(header, HasSubstr("{'descr': '<i8', 'fortran_order': False, 'shape': (4,), }"));
  EXPECT_EQ(text.substr(0, header.size()), header);
  EXPECT_EQ(text.substr(header.size()), std::string(reinterpret_cast<const char*>(indices.data()), 4 * 8));
}

TEST(Npy, APathThatCannotBeWrittenIsAnErrorOfTheSystem) {
  const test::TempDir dir;
  EXPECT_THROW(write_npy(dir.path("none/a.npy"), Matrix::Zero(2, 2)), IoError);
  EXPECT_THROW(write_npy(dir.folder().string(), Matrix::Zero(2, 2)), IoError);
}

}  // namespace
}  // namespace dbn
