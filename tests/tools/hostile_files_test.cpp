// Hostile files given to the tool: one line, nothing written, and hardly more memory than the tool takes by itself.

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/memory.hpp>

#include "../support/deflated.hpp"
#include "../support/npy_bytes.hpp"
#include "../support/peak_memory.hpp"
#include "../support/stack_tool.hpp"
#include "../support/zip_bytes.hpp"

namespace dbn::test {
namespace {

using namespace std::string_literals;

struct HostileFile {
  std::string name;  ///< of the test
  std::string file;  ///< its ending names the format
  std::string what;  ///< is in the message
  std::function<std::string()> make;
  std::string command = "data info --data {}";
};

void PrintTo(const HostileFile& file, std::ostream* out) { *out << file.name; }

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string text_of(const ByteBuffer& bytes) { return {bytes.begin(), bytes.end()}; }

std::string big_endian(std::uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8),
          static_cast<char>(number)};
}

std::string idx(char type, const std::vector<std::uint32_t>& extents, std::size_t elements) {
  std::string bytes = "\0\0"s + type + static_cast<char>(extents.size());
  for (const std::uint32_t extent : extents) bytes += big_endian(extent);
  return bytes + std::string(elements, '\1');
}

std::string gzip(const std::string& text) {
  return text_of(deflated({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, Wrapping::gzip));
}

std::string npy(std::string_view type, std::string_view shape, std::size_t bytes) {
  return text_of(npy_array(type, shape, ByteBuffer(bytes)));
}

std::string npz(const ZipPart& part) { return text_of(zip_bytes({part})); }

/// Bytes that do not shrink.
ByteBuffer noise(std::size_t size) {
  ByteBuffer bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * i * 2654435761U >> 24);
  return bytes;
}

/// The second member lies in the data of the first.
std::string overlapping() {
  constexpr std::uint32_t kHeader = 30 + 5;  // with the name
  const ZipPart inner{.name = "y.npy", .offset = kHeader, .in_directory_only = true};
  ZipPart outer{.name = "x.npy", .content = {}};
  append_zip_member(outer.content, inner);
  return text_of(zip_bytes({outer, inner}));
}

std::string safetensors(std::uint64_t length, const std::string& header, std::size_t bytes = 0) {
  std::string file;
  for (int i = 0; i < 64; i += 8) file += static_cast<char>(length >> i);
  return file + header + std::string(bytes, '\0');
}

std::string safetensors(const std::string& header, std::size_t bytes = 0) {
  return safetensors(header.size(), header, bytes);
}

std::string tensor(const char* name, const char* shape, const char* offsets) {
  return fmt::format(R"("{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{}]}})", name, shape, offsets);
}

constexpr std::size_t kMany = 8'000'000;
const std::string kBehind = "1,2,3\n";  // what a format that takes no text refuses

const std::vector<HostileFile> kIdx = {
    {"Empty", "a.idx", "at least 4 bytes", [] { return ""s; }},
    {"ThreeBytes", "a.idx", "file ends after 3", [] { return "\0\0\x08"s; }},
    {"BadMagic", "a.idx", "wrong magic", [] { return kBehind; }},
    {"BadType", "a.idx", "unknown IDX type",
     [] {
       return idx('\x0A', {2, 2}, 4);
     }},
    {"Rank0", "a.idx", "rank from 1 to 4, found 0", [] { return idx('\x08', {}, 4); }},
    {"Rank255", "a.idx", "rank from 1 to 4, found 255", [] { return "\0\0\x08\xFF"s + std::string(2000, '\1'); }},
    {"CutDimensions", "a.idx", "header of 16 bytes", [] { return "\0\0\x08\x03\0\0\0\1"s; }},
    {"ZeroDimension", "a.idx", "is zero",
     [] {
       return idx('\x08', {2, 0, 3}, 0);
     }},
    {"Product32", "a.idx", "file ends after",
     [] {
       return idx('\x08', {65536, 65536}, kMany);
     }},
    {"Product64", "a.idx", "file ends after",
     [] {
       return idx('\x0E', {1U << 31, 1U << 31, 1U << 31}, kMany);
     }},
    {"OneShort", "a.idx", "file ends after",
     [] {
       return idx('\x08', {kMany / 8, 8}, kMany - 1);
     }},
    {"OneLong", "a.idx", "1 more bytes follow",
     [] {
       return idx('\x08', {kMany / 8, 8}, kMany + 1);
     }},
    {"LabelsAsImages", "a.idx", "label file", [] { return idx('\x08', {kMany}, kMany); }},
    {"ImagesAsLabels", "a.idx", "which are cases, not labels",
     [] {
       return idx('\x08', {kMany / 8, 8}, kMany);
     },
     "data info --data good.csv --label-column none --label-file {}"},
    {"OtherCount", "a.idx", "expected 2 labels", [] { return idx('\x08', {100'000}, 100'000); },
     "data info --data good.csv --label-column none --label-file {}"},
};

const std::vector<HostileFile> kGzip = {
    {"CutHeader", "a.csv.gz", "truncated", [] { return gzip(kBehind).substr(0, 6); }},
    {"CutBody", "a.csv.gz", "truncated", [] { return gzip(repeated(kBehind, 1'000'000)).substr(0, 900); }},
    {"CutTrailer", "a.csv.gz", "truncated", [] { return gzip(kBehind).substr(0, gzip(kBehind).size() - 3); }},
    {"WrongSum", "a.csv.gz", "damaged", [] { return gzip(kBehind).replace(gzip(kBehind).size() - 8, 4, "abcd"); }},
    {"Trailing", "a.csv.gz", "3 trailing bytes", [] { return gzip(kBehind) + "xyz"; }},
    {"Bomb", "a.csv.gz", "a bomb", [] { return gzip(repeated("0,1\n", 25'000'000)); }},
    {"BombOfTwoMembers", "a.csv.gz", "a bomb", [] { return gzip(kBehind) + gzip(std::string(100'000'000, '0')); }},
    {"BombOfZeros", "a.idx.gz", "a bomb", [] { return gzip(idx('\x08', {1}, 0) + std::string(100'000'000, '\0')); }},
    {"PlainNamedGzip", "a.csv.gz", "is not gzip", [] { return repeated(kBehind, kMany / 6); }},
    {"GzipNamedPlain", "a.csv", "is gzip but not named .gz", [] { return gzip(std::string(100'000'000, '\0')); }},
};

const std::vector<HostileFile> kCsv = {
    {"Ragged", "a.csv", "line 2", [] { return "1,2,3\n1,2\n" + repeated(kBehind, kMany / 6); }},
    {"Empty", "a.csv", "empty", [] { return ""s; }},
    {"OnlyLineEnds", "a.csv", "empty", [] { return std::string(kMany, '\n'); }},
    {"HeaderOnly", "a.csv", "header but no case", [] { return "a,b,c\n"s; }},
    {"CarriageReturns", "a.csv", "carriage return", [] { return repeated("1,2,3\r", kMany / 6); }},
    {"Nul", "a.csv", "NUL", [] { return "1,2,3\n1,\0,3\n"s; }},
    {"Utf16", "a.csv", "UTF-16", [] { return "\xFF\xFE" + std::string(kMany, '1'); }},
    {"OpenQuote", "a.csv", "unbalanced quotes", [] { return "1,\"2,3\n" + repeated(kBehind, kMany / 6); }},
    {"OnlyQuotes", "a.csv", "", [] { return std::string(kMany, '"'); }},
    {"NotANumber", "a.csv", "'nan'", [] { return "1,nan,3\n1,2,3\n"s; }},
    {"TooLarge", "a.csv", "'1e999'", [] { return "1,2,3\n1,1e999,3\n"s; }},
    {"LabelNegative", "a.csv", "label '-1'", [] { return "1,2,3\n1,2,-1\n"s; }},
    {"LabelFraction", "a.csv", "label '2.5'", [] { return "1,2,3\n1,2,2.5\n"s; }},
    {"MillionColumns", "a.csv", "line 2", [] { return repeated("1,", 1'000'000) + "1\n1,2\n"; }},
    {"EndlessLine", "a.csv", "only one column", [] { return std::string(kMany, '1'); }},
    {"EndlessColumns", "a.csv", "columns", [] { return std::string(kMany, ','); }},
    {"EndlessSecondLine", "a.csv", "line 2", [] { return "1,2\n" + std::string(kMany, ','); }},
    {"EndlessLabel", "a.csv", "label", [] { return "1," + std::string(kMany, 'x'); }},
};

const std::vector<HostileFile> kLibsvm = {
    {"IndexZero", "a.svm", "index", [] { return "1 0:1\n"s; }},
    {"IndexNegative", "a.svm", "index", [] { return "1 -1:1\n"s; }},
    {"Unsorted", "a.svm", "index", [] { return "1 2:1 1:1\n"s; }},
    {"Duplicate", "a.svm", "index", [] { return "1 " + repeated("1:1 ", kMany / 4); }},
    {"Index31", "a.svm", "index", [] { return "1 2147483648:1\n"s; }},
    {"LargestIndex", "a.svm", "for a file so short", [] { return "1 2147483647:1\n"s; }},
    {"NoColon", "a.svm", "", [] { return "1 1\n"s; }},
    {"EndlessLine", "a.svm", "label", [] { return std::string(kMany, '1'); }},
};

const std::vector<HostileFile> kNpy = {
    {"Promise62", "a.npy", "file ends after", [] { return npy("<f4", "(4611686018427387904,)", 64); }},
    {"Product64", "a.npy", "file ends after", [] { return npy("<f8", "(4294967296, 4294967296)", 64); }},
    {"Negative", "a.npy", "", [] { return npy("<f4", "(-1, 2)", 64); }},
    {"Objects", "a.npy", "objects (pickle)", [] { return npy("|O", "(2, 2)", 32); }},
    {"Short", "a.npy", "file ends after", [] { return npy("<f4", "(1000000, 2)", kMany - 1); }},
    {"Long", "a.npy", "1 more bytes follow", [] { return npy("<f4", "(1000000, 2)", kMany + 1); }},
    {"EndlessHeader", "a.npy", "NPY header", [] { return text_of(npy_file(std::string(kMany, '{'), {}, 2)); }},
    {"ManyDimensions", "a.npy", "", [] { return npy("<f4", "(" + repeated("1, ", 20'000) + ")", 4); }},
};

const std::vector<HostileFile> kNpz = {
    {"NoEnd", "a.npz", "end record", [] { return npz({.name = "x.npy"}).substr(0, 60); }},
    {"Bomb", "a.npz", "a bomb", [] { return npz({.name = "x.npy", .content = ByteBuffer(100'000'000), .method = 8}); }},
    {"PromiseOfMore", "a.npz", "ends after",
     [] { return npz({.name = "x.npy", .content = noise(200'000), .method = 8, .size = 150'000'000}); }},
    {"PromiseOfLess", "a.npz", "more than the 90000 bytes",
     [] { return npz({.name = "x.npy", .content = noise(200'000), .method = 8, .size = 90'000}); }},
    {"StoredPromise", "a.npz", "a bomb", [] { return npz({.name = "x.npy", .size = 1'000'000'000}); }},
    {"UnknownMethod", "a.npz", "unknown method", [] { return npz({.name = "x.npy", .method = 77}); }},
    {"PathName", "a.npz", "plain file names", [] { return npz({.name = "../x.npy"}); }},
    {"Overlap", "a.npz", "overlap", overlapping},
};

constexpr const char* kPredict = "predict {} --data good.csv --out p.csv";

const std::vector<HostileFile> kSafetensors = {
    {"Length0", "m", "not safetensors", [] { return safetensors(0, ""); }, kPredict},
    {"LengthBeyond", "m", "truncated", [] { return safetensors(1000, "{}"); }, kPredict},
    {"Length63", "m", "truncated", [] { return safetensors(std::uint64_t{1} << 63, "{}", kMany); }, kPredict},
    {"NotJson", "m", "invalid JSON", [] { return safetensors("{\"a\":}"); }, kPredict},
    {"Duplicate", "m", "duplicate key", [] { return safetensors("{\"a\":1,\"a\":1}"); }, kPredict},
    {"Deep", "m", "nesting", [] { return safetensors(repeated("{\"a\":", kMany / 5)); }, kPredict},
    {"ManyValues", "m", "values", [] { return safetensors("{\"a\":[" + repeated("0,", kMany / 2) + "0]}"); }, kPredict},
    {"LongString", "m", "", [] { return safetensors("{\"" + std::string(kMany, 'x') + "\":1}"); }, kPredict},
    {"Negative", "m", "data_offsets", [] { return safetensors("{" + tensor("a", "1", "-4,0") + "}", 4); }, kPredict},
    {"Crossing", "m", "cross", [] { return safetensors("{" + tensor("a", "1", "4,0") + "}", 4); }, kPredict},
    {"Overlap", "m", "overlap",
     [] { return safetensors("{" + tensor("a", "2", "0,8") + "," + tensor("b", "2", "4,12") + "}", 12); }, kPredict},
    {"Hole", "m", "hole", [] { return safetensors("{" + tensor("a", "1", "4,8") + "}", 8); }, kPredict},
    {"Beyond", "m", "past the file",
     [] { return safetensors("{" + tensor("a", "4611686018427387903", "0,18446744073709551612") + "}", kMany); },
     kPredict},
    {"Overflow", "m", "overflows",
     [] { return safetensors("{" + tensor("a", "4294967296,4294967296", "0,0") + "}", kMany); }, kPredict},
};

class HostileFiles : public ToolTest, public testing::WithParamInterface<HostileFile> {};

TEST_P(HostileFiles, AreRefusedInLittleMemory) {
  constexpr std::size_t kMost = 50'000'000;
  const HostileFile& hostile = GetParam();
  write("good.csv", "1,2,0\n3,4,1\n");
  write(hostile.file, hostile.make());
  const std::string command = fmt::format(fmt::runtime(hostile.command), hostile.file);
  expect_refused(3, hostile.what, command);
  if (!kPlainHeap || resident_memory() > kMost) GTEST_SKIP() << "this process is too large to measure another one";
  EXPECT_LE(try_run(command).peak_memory, kMost);
}

std::string name_of(const testing::TestParamInfo<HostileFile>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Idx, HostileFiles, testing::ValuesIn(kIdx), name_of);
INSTANTIATE_TEST_SUITE_P(Gzip, HostileFiles, testing::ValuesIn(kGzip), name_of);
INSTANTIATE_TEST_SUITE_P(Csv, HostileFiles, testing::ValuesIn(kCsv), name_of);
INSTANTIATE_TEST_SUITE_P(Libsvm, HostileFiles, testing::ValuesIn(kLibsvm), name_of);
INSTANTIATE_TEST_SUITE_P(Npy, HostileFiles, testing::ValuesIn(kNpy), name_of);
INSTANTIATE_TEST_SUITE_P(Npz, HostileFiles, testing::ValuesIn(kNpz), name_of);
INSTANTIATE_TEST_SUITE_P(Safetensors, HostileFiles, testing::ValuesIn(kSafetensors), name_of);

// A limit that nothing reaches shows nothing: the measure sees what a command takes.
using HostileFilesMeasure = ToolTest;

TEST_F(HostileFilesMeasure, SeesALargeFile) {
  if (!kPlainHeap) GTEST_SKIP() << "a sanitizer's memory is its own";
  write("a.csv", repeated("1,2,a\n", 10'000'000));
  EXPECT_GT(try_run("data info --data a.csv").peak_memory, 60'000'000U);
}

// A sample over the whole file; the tests of the formats flip every bit.
using DamagedModel = StackToolWithCases;

TEST_F(DamagedModel, PredictNoticesAFlippedBit) {
  save_classifier(make_mlp({9, 3}, "sigmoid", "xavier", 1));
  const std::string good = text("m");
  run("predict m --out p" + std::string(kData));
  constexpr std::size_t kFlips = 60;
  for (std::size_t i = 0; i < kFlips; ++i) {
    const std::size_t bit = (8 * good.size() - 1) * i / (kFlips - 1);
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    write("bad", bad);
    expect_refused(3, "bad", "predict bad --force --out p" + std::string(kData));
    EXPECT_EQ(text("bad"), bad);
  }
}

}  // namespace
}  // namespace dbn::test
