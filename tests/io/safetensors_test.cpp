#include <dbn/io/safetensors.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <dbn/core/error.hpp>

#include "tests/support/peak_memory.hpp"
#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

template <typename Number>
ByteBuffer bytes_of(const std::vector<Number>& values) {
  static_assert(std::endian::native == std::endian::little);
  ByteBuffer bytes(values.size() * sizeof(Number));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A file as another program could write it.
ByteBuffer raw_file(std::string_view header, const ByteBuffer& buffer = {}) {
  ByteBuffer bytes = bytes_of<std::uint64_t>({header.size()});
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), buffer.begin(), buffer.end());
  return bytes;
}

std::string header_of(const ByteBuffer& bytes) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return {bytes.begin() + 8, bytes.begin() + 8 + static_cast<std::ptrdiff_t>(length)};
}

std::string crc(std::string_view text) {
  return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

SafetensorsFile small_file() {
  SafetensorsFile file;
  file.tensors = {{"0.weight", "F32", {2, 3}, bytes_of<float>({1, -2, 3.5F, 0, 1e-40F, 1e38F})},
                  {"0.bias", "F32", {2}, bytes_of<float>({0.25F, -0.5F})},
                  {"log_partition", "F64", {}, bytes_of<double>({-708.25})},
                  {"empty", "F32", {0, 4}, {}}};
  file.metadata = {
      {"format", "dbn-model"}, {"version", "1"}, {"config", R"({"activation":"sigmoid","name":"\u00e4"})"}};
  return file;
}

void expect_refused(const ByteBuffer& bytes, const std::string& reason) {
  EXPECT_THAT([&] { decode_safetensors(bytes, "a.safetensors"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.safetensors"), HasSubstr(reason))));
}

/// A header with one tensor "a", whose entry is given.
ByteBuffer one_tensor(std::string_view entry, std::size_t buffer_bytes) {
  return raw_file(fmt::format("{{\"a\":{{{}}}}}", entry), ByteBuffer(buffer_bytes, 0));
}

TEST(Safetensors, WritesTheDocumentedBytes) {
  SafetensorsFile file;
  const ByteBuffer one = bytes_of<float>({1});
  const ByteBuffer two = bytes_of<double>({2});
  file.tensors = {{"b", "F32", {1}, one}, {"a", "F32", {1, 1}, one}, {"c", "F64", {}, two}};
  file.metadata = {{"format", "dbn-stack"}, {"a", "\""}};

  const std::string buffer =
      std::string(two.begin(), two.end()) + std::string(one.begin(), one.end()) + std::string(one.begin(), one.end());
  const std::string table = R"("c":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
                            R"("a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},)"
                            R"("b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})";
  const std::string start = R"({"__metadata__":{"a":"\"","crc32":")" + crc(buffer) + R"(","format":"dbn-stack")";
  const std::string unsealed = start + "}," + table;
  std::string header = start + R"(,"header_crc32":")" + crc(unsealed) + "\"}," + table;
  header.resize((header.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(encode_safetensors(file), raw_file(header, {buffer.begin(), buffer.end()}));
}

TEST(Safetensors, RoundTripKeepsEverything) {
  const SafetensorsFile file = small_file();
  const SafetensorsFile read = decode_safetensors(encode_safetensors(file), "a.safetensors");
  ASSERT_EQ(read.tensors.size(), file.tensors.size());
  for (const StoredTensor& tensor : file.tensors) {
    const StoredTensor* found = read.find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->dtype, tensor.dtype);
    EXPECT_EQ(found->shape, tensor.shape);
    EXPECT_EQ(found->bytes, tensor.bytes);
  }
  for (const auto& [key, value] : file.metadata) EXPECT_EQ(read.metadata.at(key), value);
  EXPECT_EQ(read.metadata.size(), file.metadata.size() + 2);
  EXPECT_EQ(read.find("1.bias"), nullptr);
}

TEST(Safetensors, OrderOfTensorsDoesNotMatter) {
  SafetensorsFile file = small_file();
  const ByteBuffer bytes = encode_safetensors(file);
  std::reverse(file.tensors.begin(), file.tensors.end());
  EXPECT_EQ(encode_safetensors(file), bytes);
}

TEST(Safetensors, ReadAndWrittenAgainIsTheSameFile) {
  const ByteBuffer bytes = encode_safetensors(small_file());
  EXPECT_EQ(encode_safetensors(decode_safetensors(bytes, "a.safetensors")), bytes);
}

TEST(Safetensors, HeaderIsPaddedToAMultipleOfEight) {
  for (std::size_t length = 0; length < 8; ++length) {
    const std::string header = header_of(encode_safetensors({{}, {{"a", std::string(length, 'x')}}}));
    EXPECT_EQ(header.size() % 8, 0u);
    EXPECT_LT(header.size() - header.find_last_not_of(' '), 9u);
  }
}

TEST(Safetensors, FileWithoutTensorsIsFine) {
  EXPECT_TRUE(decode_safetensors(encode_safetensors({}), "a.safetensors").tensors.empty());
}

TEST(Safetensors, LargestTableLoads) {
  SafetensorsFile file;
  for (int i = 0; i < 4096; ++i) {
    file.tensors.push_back({fmt::format("layers.{}.weight", i), "F32", {1, 1, 1, 1}, bytes_of<float>({1})});
  }
  for (int i = 0; i < 4094; ++i) file.metadata[fmt::format("key{}", i)] = "value";
  EXPECT_EQ(decode_safetensors(encode_safetensors(file), "a.safetensors").tensors.size(), 4096u);
}

TEST(Safetensors, FilesOfOtherWritersLoad) {
  // No checksum, own spacing, the table in any order, places in another order than names.
  const ByteBuffer bytes = raw_file(R"({ "b": {"data_offsets": [8, 12], "shape": [1], "dtype": "F32"},
      "a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]},  "__metadata__" : {"format": "pt"},
      "c": {"dtype":"F32","shape":[1],"data_offsets":[4,8]} })",
                                    bytes_of<float>({1, 3, 2}));
  const SafetensorsFile file = decode_safetensors(bytes, "a.safetensors");
  ASSERT_EQ(file.tensors.size(), 3u);
  EXPECT_EQ(file.find("a")->bytes, bytes_of<float>({1}));
  EXPECT_EQ(file.find("b")->bytes, bytes_of<float>({2}));
  EXPECT_EQ(file.find("c")->bytes, bytes_of<float>({3}));
  EXPECT_EQ(file.metadata.at("format"), "pt");
}

TEST(Safetensors, MetadataAreReadWithoutTheTensors) {
  const test::TempDir dir;
  const SafetensorsFile file{{{"a", "F32", {2}, ByteBuffer(8)}}, {{"format", "pt"}, {"key", "value"}}};
  ByteBuffer bytes = encode_safetensors(file);
  const auto expected = decode_safetensors(bytes, "file").metadata;
  for (int cut = 0; cut < 2; ++cut) {
    write_file(dir.path("file"), bytes);
    EXPECT_EQ(read_safetensors_metadata(dir.path("file")), expected);
    bytes.resize(bytes.size() - 8);
  }
  bytes.pop_back();
  write_file(dir.path("file"), bytes);
  EXPECT_THROW(read_safetensors_metadata(dir.path("file")), DataError) << "the header itself is cut";
}

TEST(Safetensors, ChecksumOfAnotherWriterIsCheckedToo) {
  const auto file = [](const std::string& checksum) {
    return raw_file(
        R"({"__metadata__":{"crc32":")" + checksum + R"("}, "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
        {0, 0, 0, 0});
  };
  EXPECT_NO_THROW(decode_safetensors(file(crc(std::string(4, '\0'))), "a.safetensors"));
  expect_refused(file("00000000"), "crc32");
}

// Seen elsewhere: a load that checks nothing.
TEST(SafetensorsHostile, EveryFlippedBitIsNoticed) {
  const ByteBuffer bytes = encode_safetensors(small_file());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      ByteBuffer flipped = bytes;
      flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ (1 << bit));
      EXPECT_THROW(decode_safetensors(flipped, "a.safetensors"), DataError) << "byte " << i << " bit " << bit;
    }
  }
}

TEST(SafetensorsHostile, EveryTruncationAndExtensionIsNoticed) {
  ByteBuffer bytes = encode_safetensors(small_file());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const ByteBuffer cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(decode_safetensors(cut, "a.safetensors"), DataError) << size;
  }
  bytes.push_back(0);
  expect_refused(bytes, "the tensors end at byte");
}

TEST(SafetensorsHostile, ChangedMetadataIsNamed) {
  const SafetensorsFile file = small_file();
  std::string header = header_of(encode_safetensors(file));
  header.replace(header.find("sigmoid"), 7, "sigmoyd");
  ByteBuffer buffer = file.tensors[2].bytes;
  for (const std::size_t i : {1U, 0U}) {
    buffer.insert(buffer.end(), file.tensors[i].bytes.begin(), file.tensors[i].bytes.end());
  }
  expect_refused(raw_file(header, buffer), "damaged: the header differs at byte");
}

TEST(SafetensorsHostile, MissingHeaderChecksumIsNoticed) {
  expect_refused(raw_file(R"({"__metadata__":{"crc32":"00000000","format":"dbn-model"}})"), "header_crc32");
}

TEST(SafetensorsHostile, HeaderLength) {
  expect_refused({}, "expected 8 bytes of header length, the file has 0");
  expect_refused({1, 0, 0, 0, 0, 0, 0}, "expected 8 bytes of header length, the file has 7");
  expect_refused(raw_file(""), "expected a header that starts with {");
  ByteBuffer longer = raw_file("{}");
  longer[0] = 3;
  expect_refused(longer, "a header of 3 bytes is promised, 2 bytes follow");
  longer[7] = 0x80;
  expect_refused(longer, "a header of 9223372036854775811 bytes is promised");
  longer.assign(longer.size(), 0xff);
  expect_refused(longer, "a header of 18446744073709551615 bytes is promised");
  expect_refused(raw_file("{" + std::string(16 << 20, ' ') + "}"),
                 "header of 16777218 bytes, expected at most 16777216");
}

TEST(SafetensorsHostile, NotJson) {
  expect_refused(raw_file("PK\3\4 something else"), "expected a header that starts with {");
  expect_refused(raw_file(" {}"), "expected a header that starts with {");
  expect_refused(raw_file("{\"a\":}"), "header: invalid JSON at byte 6");
  expect_refused(raw_file("{} {}"), "header: invalid JSON at byte 4");
  expect_refused(raw_file(std::string_view("{}\0{", 4)), "NUL");
  expect_refused(raw_file("{\"\xff\":1}"), "UTF-8");
  expect_refused(raw_file("[]"), "expected a header that starts with {");
}

TEST(SafetensorsHostile, DuplicateKeys) {
  const std::string entry = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  expect_refused(raw_file("{\"a\":" + entry + ",\"a\":" + entry + "}", ByteBuffer(4)), "duplicate key \"a\"");
  expect_refused(one_tensor(R"("dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,4])", 4),
                 "duplicate key \"dtype\"");
  expect_refused(raw_file(R"({"__metadata__":{"x":"1","x":"2"}})"), "duplicate key \"x\"");
}

TEST(SafetensorsHostile, DeepNesting) {
  expect_refused(raw_file("{\"a\":" + std::string(100'000, '[')), "nesting deeper than 8");
}

TEST(SafetensorsHostile, WrongKinds) {
  expect_refused(raw_file(R"({"__metadata__":[]})"), "__metadata__: expected an object, found array");
  expect_refused(raw_file(R"({"__metadata__":{"x":1}})"), "__metadata__: \"x\": expected a string, found number");
  expect_refused(raw_file(R"({"a":1})"), "tensor \"a\": expected an object");
  expect_refused(one_tensor(R"("shape":[1],"data_offsets":[0,4])", 4), "dtype is missing");
  expect_refused(one_tensor(R"("dtype":"F32","data_offsets":[0,4])", 4), "shape is missing");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1])", 4), "data_offsets is missing");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1)", 4), "unknown key \"x\"");
  expect_refused(one_tensor(R"("dtype":32,"shape":[1],"data_offsets":[0,4])", 4), "dtype: expected a string");
  expect_refused(one_tensor(R"("dtype":"F32","shape":1,"data_offsets":[0,4])", 4), "shape: expected a list");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4])", 4), "expected 2 numbers, found 1");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,8])", 4), "expected 2 numbers, found 3");
}

TEST(SafetensorsHostile, NumbersThatAreNotCounts) {
  for (const char* number : {"1.0", "1e0", "-1", "-0", "18446744073709551616", "\"1\"", "true", "null", "[1]"}) {
    SCOPED_TRACE(number);
    expect_refused(one_tensor(fmt::format(R"("dtype":"F32","shape":[{}],"data_offsets":[0,4])", number), 4),
                   "shape: expected integers");
    expect_refused(one_tensor(fmt::format(R"("dtype":"F32","shape":[1],"data_offsets":[{},4])", number), 4),
                   "data_offsets: expected integers");
  }
}

TEST(SafetensorsHostile, OtherTypesAreNamed) {
  expect_refused(one_tensor(R"("dtype":"BF16","shape":[2],"data_offsets":[0,4])", 4),
                 "tensor \"a\": dtype \"BF16\" is not taken, expected F32 or F64");
}

TEST(SafetensorsHostile, RankAndOverflow) {
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1,1,1,1,1],"data_offsets":[0,4])", 4), "rank 5");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])", 0), "overflows");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0])", 0), "overflows");
  expect_refused(one_tensor(R"("dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0])", 0), "overflows");
}

TEST(SafetensorsHostile, Offsets) {
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])", 4), "[4, 0] cross");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])", 4), "end past the file");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,0])", 4), "cross");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])", 4), "shape [2] of F32 needs 8");
  expect_refused(one_tensor(R"("dtype":"F64","shape":[1],"data_offsets":[0,4])", 4), "shape [1] of F64 needs 8");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])", 8), "leave a hole");
  expect_refused(one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 8), "the tensors end at byte 4");
  const char* two = R"({{"a":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}},)"
                    R"("b":{{"dtype":"F32","shape":[1],"data_offsets":[{}]}}}})";
  expect_refused(raw_file(fmt::format(fmt::runtime(two), "4,8"), ByteBuffer(12)), "overlap");
  expect_refused(raw_file(fmt::format(fmt::runtime(two), "0,4"), ByteBuffer(12)), "overlap");
  expect_refused(raw_file(fmt::format(fmt::runtime(two), "12,16"), ByteBuffer(16)), "expected to start at 8");
  EXPECT_NO_THROW(decode_safetensors(raw_file(fmt::format(fmt::runtime(two), "8,12"), ByteBuffer(12)), "a"));
}

TEST(SafetensorsHostile, TooManyTensors) {
  std::string header = "{";
  for (int i = 0; i < 4097; ++i) {
    header += fmt::format("{}\"{}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", i ? "," : "", i);
  }
  expect_refused(raw_file(header + "}"), "4097 tensors, expected at most 4096");
}

TEST(SafetensorsHostile, TooMuchMetadata) {
  std::string header = "{\"__metadata__\":{";
  for (int i = 0; i < 4097; ++i) header += fmt::format("{}\"{}\":\"\"", i ? "," : "", i);
  expect_refused(raw_file(header + "}}"), "4097 strings, expected at most 4096");
}

TEST(SafetensorsHostile, ValuesThatAreNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float value : {kInfinity, -kInfinity, std::nanf("")}) {
    expect_refused(raw_file(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})",
                            bytes_of<float>({1, std::numeric_limits<float>::max(), value})),
                   "tensor \"a\": element 2 is not finite");
    expect_refused(raw_file(R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}})",
                            bytes_of<double>({std::numeric_limits<double>::max(), static_cast<double>(value)})),
                   "tensor \"a\": element 1 is not finite");
  }
}

TEST(SafetensorsHostile, CountsAllocateNothing) {
  // 16 MiB of the shortest values would grow about twentyfold as a tree; a promised terabyte must stay a promise.
  std::string lists = "{\"a\":[[]";
  while (lists.size() < (15U << 20)) lists += ",[]";
  const ByteBuffer crowded = raw_file(lists + "]}");
  const ByteBuffer huge = one_tensor(R"("dtype":"F32","shape":[262144,1048576],"data_offsets":[0,1099511627776])", 4);
  const test::PeakMemory peak;
  expect_refused(crowded, "values");
  expect_refused(huge, "end past the file");
  EXPECT_LT(peak.growth(), 50'000'000u);
}

void expect_not_written(const SafetensorsFile& file, const std::string& reason) {
  EXPECT_THAT([&] { encode_safetensors(file); }, ThrowsMessage<InvalidArgument>(HasSubstr(reason)));
}

TEST(SafetensorsWriter, RefusesWhatCouldNotBeRead) {
  const ByteBuffer one = bytes_of<float>({1});
  expect_not_written({{{"a", "F32", {2}, one}}, {}}, "tensor \"a\": shape [2] of F32 needs 8 bytes, found 4");
  expect_not_written({{{"a", "F16", {2}, one}}, {}}, "dtype \"F16\" is not taken");
  expect_not_written({{{"a", "F32", {1, 1, 1, 1, 1}, one}}, {}}, "rank 5");
  expect_not_written({{{"a", "F32", {std::uint64_t{1} << 62}, {}}}, {}}, "overflows");
  expect_not_written({{{"a", "F32", {1}, one}, {"a", "F32", {1}, one}}, {}}, "two tensors named \"a\"");
  expect_not_written({{{"__metadata__", "F32", {1}, one}}, {}}, "reserved");
  expect_not_written({{{"a", "F32", {1}, bytes_of<float>({std::nanf("")})}}, {}}, "element 0 is not finite");
  expect_not_written({{{"\xff", "F32", {1}, one}}, {}}, "UTF-8");
  expect_not_written({{}, {{"a", "\xff"}}}, "UTF-8");
  expect_not_written({{}, {{"history", std::string(17 << 20, 'x')}}}, "expected at most 16777216");
  expect_not_written({std::vector<StoredTensor>(4097), {}}, "4097 tensors");
}

}  // namespace
}  // namespace dbn
