#include <dbn/data/stored_cases.hpp>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/data/case_source.hpp>

#include "tests/support/deflated.hpp"
#include "tests/support/npy_bytes.hpp"
#include "tests/support/peak_memory.hpp"
#include "tests/support/stored_twins.hpp"
#include "tests/support/thread_count.hpp"

namespace dbn {
namespace {

using test::Twins;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr Index kCases = 700;  // more than two blocks of those that a pass takes at once
constexpr Index kFeatures = 6;

bool is_stored(const Dataset& dataset) { return std::holds_alternative<StoredCases>(dataset.features); }

/// One way to write numbers: how an NPY file names it, and its IDX type where there is one.
struct TypeCase {
  std::string npy;
  std::uint8_t idx = 0;
};

const std::vector<TypeCase> kTypes = {{"|u1", 0x08}, {"|i1", 0x09}, {"|b1"}, {"<i2"},       {">i2", 0x0B},
                                      {"<u2"},       {">u2"},       {"<i4"}, {">i4", 0x0C}, {"<u4"},
                                      {">u4"},       {"<i8"},       {">i8"}, {"<u8"},       {">u8"},
                                      {"<f4"},       {">f4", 0x0D}, {"<f8"}, {">f8", 0x0E}};

/// Element i of a file of this type: integers of all bytes that it has; numbers around 0 that a float rounds.
ByteBuffer element(const std::string& type, std::uint32_t i) {
  const Stream stream(1, Purpose::synthetic_training);
  const auto size = static_cast<std::size_t>(type[2] - '0');
  const std::uint64_t high = stream.below(0xFFFFFFFF, {.update = 0, .instance = i});
  std::uint64_t bits = high << 32 | stream.below(0xFFFFFFFF, {.update = 1, .instance = i});
  const double number = static_cast<double>(high) / 1e9 - 2;
  if (type[1] == 'b') bits &= 1;
  if (type == "<f4" || type == ">f4") bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
  if (type == "<f8" || type == ">f8") bits = std::bit_cast<std::uint64_t>(number);
  ByteBuffer bytes;
  for (std::size_t b = 0; b < size; ++b) bytes.push_back(static_cast<std::uint8_t>(bits >> 8 * b));
  if (type[0] == '>') std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

ByteBuffer elements(const std::string& type, Index count) {
  ByteBuffer bytes;
  for (Index i = 0; i < count; ++i) {
    const ByteBuffer one = element(type, static_cast<std::uint32_t>(i));
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  return bytes;
}

ByteBuffer npy_cases(const std::string& type, Index cases = kCases) {
  return test::npy_array(type, fmt::format("({}, 2, 3)", cases), elements(type, cases * kFeatures));
}

ByteBuffer idx_cases(const TypeCase& type, Index cases = kCases) {
  const auto high = static_cast<std::uint8_t>(cases >> 8), low = static_cast<std::uint8_t>(cases);
  ByteBuffer bytes{0, 0, type.idx, 3, 0, 0, high, low, 0, 0, 0, 2, 0, 0, 0, 3};
  const ByteBuffer numbers = elements(type.npy, cases * kFeatures);
  bytes.insert(bytes.end(), numbers.begin(), numbers.end());
  return bytes;
}

/// Single cases, runs, runs backwards, and the same case again.
std::vector<Index> scattered() {
  std::vector<Index> cases = permutation(Stream(2, Purpose::batch_order), 0, kCases);
  for (Index c = 100; c < 400; ++c) cases.push_back(c);
  for (Index c = 400; c-- > 390;) cases.push_back(c);
  cases.insert(cases.end(), {5, 5, 6, 6, 7, kCases - 1, 0});
  return cases;
}

Matrix gathered(const Dataset& dataset, const std::vector<Index>& cases) {
  Matrix wide(dataset.feature_count() + 1, std::ssize(cases));  // so that columns do not follow each other
  dataset.gather_into(cases, wide.topRows(dataset.feature_count()));
  return wide.topRows(dataset.feature_count());
}

Matrix prepared(const Dataset& dataset, const Preprocessing& preprocessing, const std::vector<Index>& cases) {
  const PreparedCases source(std::make_shared<const Dataset>(dataset), all_cases(dataset.case_count()), preprocessing);
  Matrix out(source.feature_count(), std::ssize(cases));
  source.gather_into(cases, out);
  return out;
}

class StoredCasesTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const ByteBuffer& bytes) const {
    test::write_quickly(dir_.path(name), bytes);
    return dir_.path(name);
  }

  test::TempDir dir_;
};

class StoredTypes : public StoredCasesTest, public testing::WithParamInterface<TypeCase> {
 protected:
  /// Both formats, where both have the type.
  std::vector<Twins> twins() const {
    std::vector<Twins> all{test::read_twins(file("a.npy", npy_cases(GetParam().npy)))};
    if (GetParam().idx != 0) all.push_back(test::read_twins(file("a-idx3-ubyte", idx_cases(GetParam()))));
    return all;
  }
};

TEST_P(StoredTypes, AreTheSameBitsAsInMemory) {
  for (const auto& [held, stored] : twins()) {
    ASSERT_TRUE(is_stored(stored));
    ASSERT_FALSE(is_stored(held));
    EXPECT_EQ(stored.name, held.name);
    EXPECT_EQ(stored.shape, held.shape);
    EXPECT_EQ(stored.case_count(), kCases);
    EXPECT_EQ(stored.feature_count(), kFeatures);
    EXPECT_EQ(stored.holds_bytes(), held.holds_bytes());
    EXPECT_EQ(gathered(stored, scattered()), gathered(held, scattered()));
    EXPECT_EQ(fingerprint(stored), fingerprint(held));
  }
}

TEST_P(StoredTypes, AreScaledAsInMemory) {
  const auto fit = [](const std::string& scale, const Dataset& dataset) -> std::optional<Preprocessing> {
    std::vector<Index> training;
    for (Index c = 1; c < kCases; c += c % 7 == 0 ? 3 : 1) training.push_back(c);
    try {
      return fit_preprocessing(scale, dataset, training, Binarization::parse("threshold:0.3", 1));
    } catch (const DataError&) {
      return std::nullopt;  // `unit` of negative numbers
    }
  };
  for (const auto& [held, stored] : twins())
    for (const auto& scale : scale_names()) {
      const auto in_memory = fit(scale, held), in_file = fit(scale, stored);
      ASSERT_EQ(in_file.has_value(), in_memory.has_value()) << scale;
      if (!in_memory) continue;
      EXPECT_EQ(in_file->scale, in_memory->scale);
      EXPECT_EQ(in_file->shift, in_memory->shift) << scale;
      EXPECT_EQ(in_file->factor, in_memory->factor) << scale;
      for (const int threads : {1, 3}) {
        const test::ThreadCount limit(threads);
        EXPECT_EQ(prepared(stored, *in_file, scattered()), prepared(held, *in_memory, scattered())) << scale;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(All, StoredTypes, testing::ValuesIn(kTypes), [](const auto& row) {
  const std::string& type = row.param.npy;
  return (type[0] == '>' ? "Big" : "Little") + type.substr(1);
});

TEST_F(StoredCasesTest, ACaseMayBeLargerThanWhatIsReadAtOnce) {
  constexpr Index kWide = 400'000;  // bytes
  const auto twins = test::read_twins(
      file("a.npy", test::npy_array("|u1", fmt::format("(3, {})", kWide), elements("|u1", 3 * kWide))));
  EXPECT_EQ(gathered(twins.stored, {2, 0, 1}), gathered(twins.held, {2, 0, 1}));
  EXPECT_EQ(fingerprint(twins.stored), fingerprint(twins.held));
}

TEST_F(StoredCasesTest, BlocksAreAllCasesInTheirOrder) {
  const auto twins = test::read_twins(file("a.npy", npy_cases("<f4")));
  for (const auto* dataset : {&twins.held, &twins.stored}) {
    Matrix all(kFeatures, kCases);
    Index next = 0;
    dataset->for_each_block([&](Index first, const ConstMatrixRef& block) {
      EXPECT_EQ(first, next);
      all.middleCols(first, block.cols()) = block;
      next += block.cols();
    });
    EXPECT_EQ(next, kCases);
    EXPECT_EQ(all, gathered(twins.held, all_cases(kCases)));
  }
}

TEST_F(StoredCasesTest, KeepsTheFirst) {
  auto [held, stored] = test::read_twins(file("a.npy", npy_cases(">f8")));
  const std::vector<std::string> labels(kCases, "x");
  for (auto* dataset : {&held, &stored}) {
    set_labels(*dataset, labels);
    pad_features(*dataset, kFeatures + 1);  // no effect: no sparse file
    keep_first(*dataset, 300);
    keep_first(*dataset, 400);
    EXPECT_EQ(dataset->case_count(), 300);
    EXPECT_EQ(dataset->feature_count(), kFeatures);
    EXPECT_EQ(dataset->labels.size(), 300U);
    dataset->check();
    Matrix out(kFeatures, 1);
    EXPECT_THROW(dataset->gather_into(std::vector<Index>{300}, out), InvalidArgument);
  }
  EXPECT_EQ(fingerprint(stored), fingerprint(held));
}

TEST_F(StoredCasesTest, LabelsFromElsewhereAreSet) {
  Twins twins = test::read_twins(file("a.npy", npy_cases("|u1")));
  EXPECT_THAT([&] { set_labels(twins.stored, {"1"}); }, ThrowsMessage<DataError>(HasSubstr("700 cases but 1 labels")));
}

TEST_F(StoredCasesTest, OnlyLargePlainFilesInCOrderStayOnDisk) {
  const auto read = [](const std::string& path) { return read_dataset(path, {.stored_from = 0}); };
  const ByteBuffer cases = npy_cases("|u1", 2);
  EXPECT_TRUE(is_stored(read(file("a.npy", cases))));
  EXPECT_TRUE(is_stored(read(file("a.data", cases))));
  EXPECT_FALSE(is_stored(read_dataset(file("a.npy", cases))));
  EXPECT_FALSE(is_stored(read_dataset(file("a.npy", cases), {.stored_from = cases.size() + 1})));
  EXPECT_TRUE(is_stored(read_dataset(file("a.npy", cases), {.stored_from = cases.size()})));
  const ByteBuffer numbers{1, 2, 3, 4};
  EXPECT_FALSE(is_stored(read(file("f.npy", test::npy_array("|u1", "(2, 2)", numbers, true)))));
  EXPECT_FALSE(is_stored(read(file("a.npy.gz", test::deflated(cases, test::Wrapping::gzip)))));
  EXPECT_FALSE(is_stored(read(file("a.csv", {'1', ',', '2', '\n'}))));
  // A header that is longer than what is looked at, though no longer than NumPy may write.
  const std::string padding(1 << 18, ' ');
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }" + padding;
  EXPECT_FALSE(is_stored(read(file("long.npy", test::npy_file(header, numbers, 2)))));
}

TEST_F(StoredCasesTest, ALargeFileIsLeftWhereItIsAtOnce) {
  constexpr Index kMany = Index{1} << 20;
  const std::string path = file("a.npy", test::npy_array("|u1", fmt::format("({}, 512)", kMany), {}));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + 512 * kMany);  // of nothing, which reads as 0
  const test::PeakMemory peak;
  Dataset dataset = read_dataset(path);
  EXPECT_TRUE(is_stored(dataset));
  EXPECT_EQ(dataset.case_count(), kMany);
  EXPECT_TRUE((gathered(dataset, {kMany - 1, 7}).array() == 0).all());
  // A buffer, and what reading the header and the heap itself take.
  EXPECT_LT(peak.growth(), 4U << 20);
}

TEST_F(StoredCasesTest, ANumberThatIsNotFiniteIsRefusedInTheSameWords) {
  ByteBuffer bytes = npy_cases("<f4");
  const auto expect_named = [&](Index at, ByteBuffer element, const std::string& place) {
    ByteBuffer bad = bytes;
    std::copy(element.begin(), element.end(), bad.end() - 4 * (kCases * kFeatures - at));
    test::expect_same_outcome(bad, ".npy");
    EXPECT_THAT(test::outcome(file("bad.npy", bad), 0), HasSubstr(place));
  };
  expect_named(0, {0, 0, 0x80, 0x7F}, "feature 1 of case 1 is inf");
  expect_named(kCases * kFeatures - 1, {0, 0, 0xC0, 0x7F}, "feature 6 of case 700 is nan");
}

TEST_F(StoredCasesTest, WhatIsNoTruthValueIsRefusedInTheSameWords) {
  ByteBuffer bytes = npy_cases("|b1");
  bytes[bytes.size() - 2] = 7;
  test::expect_same_outcome(bytes, ".npy");
  EXPECT_THAT(test::outcome(file("bad.npy", bytes), 0), HasSubstr("element 4199: expected a truth value"));
}

TEST_F(StoredCasesTest, EveryCutOfAFileIsRefusedInTheSameWords) {
  const auto cut_everywhere = [](ByteBuffer bytes, const std::string& extension) {
    for (bytes.push_back(0); !bytes.empty(); bytes.pop_back()) test::expect_same_outcome(bytes, extension);
    test::expect_same_outcome(bytes, extension);
  };
  cut_everywhere(npy_cases(">i2", 2), ".npy");
  cut_everywhere(npy_cases("|u1", 2), "");
  cut_everywhere(idx_cases({"|u1", 0x08}, 2), ".idx");
  cut_everywhere(idx_cases({">f8", 0x0E}, 2), "-idx3-ubyte");
}

TEST_F(StoredCasesTest, EveryOtherHeaderComesToTheSame) {
  const auto change_everywhere = [](const ByteBuffer& good, std::size_t header, const std::string& extension) {
    for (std::size_t at = 0; at < header; ++at)
      for (const int change : {1, 2, 3, 8, 0x20, 0x80, 0xFF}) {
        ByteBuffer bytes = good;
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ change);
        test::expect_same_outcome(bytes, extension);
      }
  };
  const ByteBuffer npy = npy_cases("<f4", 2);
  change_everywhere(npy, npy.size() - 4 * 2 * kFeatures, ".npy");
  change_everywhere(idx_cases({">i2", 0x0B}, 2), 16, ".idx");
}

TEST_F(StoredCasesTest, ALabelColumnIsRefusedAsInMemory) {
  const std::string path = file("a.npy", npy_cases("|u1", 2));
  for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{1} << 40})
    EXPECT_THAT([&] { read_dataset(path, {.label_column = "3", .stored_from = from}); },
                ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("--label-column"), HasSubstr(path))));
}

TEST_F(StoredCasesTest, AFileThatIsCutWhileItIsOpenIsAnError) {
  const std::string path = file("a.npy", npy_cases("<f4"));
  const Twins twins = test::read_twins(path);
  std::filesystem::resize_file(path, 2000);
  const auto changed = ThrowsMessage<DataError>(AllOf(HasSubstr(path), HasSubstr("found 2000"), HasSubstr("changed")));
  for (const int threads : {1, 3}) {
    const test::ThreadCount limit(threads);
    EXPECT_THAT([&] { prepared(twins.stored, {}, scattered()); }, changed);
  }
  EXPECT_THAT([&] { fingerprint(twins.stored); }, changed);
  EXPECT_THAT([&] { fit_preprocessing("auto", twins.stored, all_cases(kCases)); }, changed);
  EXPECT_NO_THROW(fingerprint(twins.held));
}

TEST_F(StoredCasesTest, CopiesShareTheOpenFile) {
  const std::string path = file("a.npy", npy_cases("|u1"));
  auto twins = std::make_unique<Twins>(test::read_twins(path));
  const Dataset held = twins->held, stored = twins->stored;
  twins.reset();
  std::filesystem::remove(path);
  EXPECT_EQ(gathered(stored, scattered()), gathered(held, scattered()));
}

TEST_F(StoredCasesTest, MoreCasesThanTheFileHoldsAreTheCallersFault) {
  const auto open = std::make_shared<const StoredFile>(file("a", ByteBuffer(20)));
  const NpyType floats{};
  EXPECT_EQ(StoredCases(open, 4, floats, 2, 2).cols(), 2);
  EXPECT_THROW(StoredCases(open, 5, floats, 2, 2), InvalidArgument);
  EXPECT_THROW(StoredCases(open, 21, floats, 1, 1), InvalidArgument);
  EXPECT_THROW(StoredCases(open, 0, floats, Index{1} << 62, 4), InvalidArgument);  // 2^66 bytes, which is 0 in 64 bits
  EXPECT_THROW(StoredCases(open, 0, floats, 0, 1), InvalidArgument);
}

}  // namespace
}  // namespace dbn
