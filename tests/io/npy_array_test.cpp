#include <dbn/io/npy_array.hpp>

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/npy.hpp>

#include "tests/support/npy_bytes.hpp"
#include "tests/support/peak_memory.hpp"

namespace dbn {
namespace {

using test::npy_array;
using test::npy_file;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;
using testing::ThrowsMessage;

std::vector<double> values(const ByteBuffer& bytes) {
  const NpyArray array = parse_npy(bytes, "a.npy");
  std::vector<double> out(static_cast<std::size_t>(array.count()));
  copy_elements(array, std::span(out));
  return out;
}

/// A type with the bytes of two of its numbers, little end first, and these.
struct TypeCase {
  std::string type;
  ByteBuffer first, second;
  double a, b;
};

const std::vector<TypeCase> kTypes = {
    {"f4", {0, 0, 0xC0, 0x3F}, {0, 0, 0, 0xC0}, 1.5, -2},
    {"f8", {0, 0, 0, 0, 0, 0, 0xF8, 0x3F}, {0, 0, 0, 0, 0, 0, 0, 0xC0}, 1.5, -2},
    {"i1", {0x80}, {0x7F}, -128, 127},
    {"i2", {0x00, 0x80}, {0x02, 0x01}, -32768, 258},
    {"i4", {0xFE, 0xFF, 0xFF, 0xFF}, {3, 2, 1, 0}, -2, 66051},
    {"i8", {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, {0, 0, 0, 0, 0, 1, 0, 0}, -2, 0x1p40},
    {"u1", {0xFF}, {7}, 255, 7},
    {"u2", {0xFF, 0xFF}, {2, 1}, 65535, 258},
    {"u4", {0xFF, 0xFF, 0xFF, 0xFF}, {3, 2, 1, 0}, 4294967295.0, 66051},
    {"u8", {0, 0, 0, 0, 0, 0, 0, 0x80}, {5, 0, 0, 0, 0, 0, 0, 0}, 0x1p63, 5},
    {"b1", {1}, {0}, 1, 0},
};

class NpyTypes : public testing::TestWithParam<TypeCase> {};

TEST_P(NpyTypes, AreReadInEveryByteOrder) {
  const TypeCase& c = GetParam();
  const auto file = [&](char order, ByteBuffer first, ByteBuffer second) {
    if (order == '>') {
      std::reverse(first.begin(), first.end());
      std::reverse(second.begin(), second.end());
    }
    first.insert(first.end(), second.begin(), second.end());
    return npy_array(order + c.type, "(2,)", first);
  };
  for (const char order : {'<', '>', '='})
    EXPECT_THAT(values(file(order, c.first, c.second)), ElementsAre(c.a, c.b)) << order;
  const ByteBuffer no_order = file('|', c.first, c.second);
  if (c.first.size() == 1)
    EXPECT_THAT(values(no_order), ElementsAre(c.a, c.b));
  else
    EXPECT_THROW(parse_npy(no_order, "a.npy"), DataError) << "a number of several bytes has an order";
}

INSTANTIATE_TEST_SUITE_P(All, NpyTypes, testing::ValuesIn(kTypes),
                         [](const auto& tested) { return tested.param.type; });

TEST(NpyArray, ElementsComeInCOrderWhateverTheFileHas) {
  const ByteBuffer six{0, 1, 2, 3, 4, 5};
  EXPECT_THAT(values(npy_array("|u1", "(2, 3)", six)), ElementsAre(0, 1, 2, 3, 4, 5));
  // In Fortran order the first index runs fastest: columns 0 1, 2 3, 4 5.
  EXPECT_THAT(values(npy_array("|u1", "(2, 3)", six, true)), ElementsAre(0, 2, 4, 1, 3, 5));
  EXPECT_THAT(values(npy_array("|u1", "(6,)", six, true)), ElementsAre(0, 1, 2, 3, 4, 5));
  ByteBuffer cube(24);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 4; ++k) cube[i + 2 * (j + 3 * k)] = static_cast<std::uint8_t>(100 * i + 10 * j + k);
  const auto ordered = values(npy_array("|u1", "(2, 3, 4)", cube, true));
  for (std::size_t i = 0; i < ordered.size(); ++i)
    EXPECT_EQ(ordered[i], static_cast<double>(100 * (i / 12) + 10 * (i / 4 % 3) + i % 4));
}

/// A shape of so many equal dimensions.
std::string shape_of(int dimensions, const std::string& extent) {
  std::string text = "(";
  for (int i = 0; i < dimensions; ++i) text += extent + ", ";
  return text + ")";
}

TEST(NpyArray, NamesItsShapeAndType) {
  const ByteBuffer bytes = npy_array(">i2", "(1, 2, 3)", ByteBuffer(12));
  const NpyArray array = parse_npy(bytes, "a.npy");
  EXPECT_THAT(array.shape, ElementsAre(1, 2, 3));
  EXPECT_EQ(array.shape_text(), "1 × 2 × 3");
  EXPECT_EQ(array.type.text(), "i2");
  EXPECT_TRUE(array.type.big_endian);
  EXPECT_EQ(array.count(), 6);
  EXPECT_TRUE(parse_npy(npy_array("|u1", "()", {5}), "a.npy").shape.empty()) << "a single number";
  EXPECT_THAT(parse_npy(npy_array("|u1", shape_of(32, "1"), {5}), "a.npy").shape, SizeIs(32)) << "as many as NumPy has";
}

TEST(NpyArray, ReadsWhatIsWrittenHere) {
  const std::string header = npy_header(3, 2);
  ByteBuffer bytes(header.begin(), header.end());
  bytes.resize(bytes.size() + 6 * sizeof(Scalar));
  const NpyArray array = parse_npy(bytes, "a.npy");
  EXPECT_THAT(array.shape, ElementsAre(2, 3));
  EXPECT_EQ(array.type.size, sizeof(Scalar));
}

TEST(NpyArray, AllVersionsAndSpellingsOfTheDictionary) {
  const std::string plain = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
  for (const std::uint8_t version : ByteBuffer{1, 2, 3})
    EXPECT_THAT(values(npy_file(plain, {4, 5}, version)), ElementsAre(4, 5));
  for (const char* other : {"{'shape':(2,),'fortran_order':False,'descr':'|u1'}",
                            "{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (2,)}",
                            "{ 'descr' : '|u1' , 'fortran_order' : True , 'shape' : ( 2 , ) , }      ",
                            "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }",
                            "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2,), }"})
    EXPECT_THAT(values(npy_file(other, {4, 5})), ElementsAre(4, 5)) << other;
}

TEST(NpyArray, RoomMustBeOfTheRightSizeAndKind) {
  const ByteBuffer shorts = npy_array("<i2", "(1,)", {1, 0});
  std::vector<double> two(2);
  EXPECT_THROW(copy_elements(parse_npy(shorts, "a.npy"), std::span(two)), InvalidArgument);
  ByteBuffer byte(1);
  EXPECT_THROW(copy_elements(parse_npy(shorts, "a.npy"), std::span(byte)), InvalidArgument);
  EXPECT_THROW(copy_elements(parse_npy(npy_array("|i1", "(1,)", {1}), "a.npy"), std::span(byte)), InvalidArgument);
}

/// A file and what its refusal says.
struct Hostile {
  std::string name;
  ByteBuffer bytes;
  std::string reason;
};

/// A file with one number, if its dictionary were right.
Hostile header(const std::string& name, const std::string& dictionary, const std::string& reason) {
  return {name, npy_file(dictionary, {7}), reason};
}

Hostile type(const std::string& name, const std::string& text, const std::string& reason) {
  return {name, npy_array(text, "(1,)", {7}), reason};
}

Hostile shape(const std::string& name, const std::string& text, const std::string& reason) {
  return {name, npy_array("|u1", text, {7}), reason};
}

ByteBuffer changed(std::size_t at, std::uint8_t value) {
  ByteBuffer bytes = npy_array("|u1", "(1,)", {7});
  bytes[at] = value;
  return bytes;
}

ByteBuffer first_bytes(std::size_t count) {
  ByteBuffer bytes = npy_array("|u1", "(1,)", {7});
  bytes.resize(count);
  return bytes;
}

const std::vector<Hostile> kHostile = {
    {"Empty", {}, "wrong magic"},
    {"PartOfTheMagic", first_bytes(5), "found 93 4e 55 4d 50"},
    {"WrongMagic", changed(0, 0x92), "wrong magic"},
    {"NoVersion", first_bytes(6), "cut off"},
    {"VersionZero", changed(6, 0), "found 0.0"},
    {"VersionFour", changed(6, 4), "found 4.0"},
    {"MinorVersion", changed(7, 1), "found 1.1"},
    {"NoLength", first_bytes(9), "cut off"},
    {"HeaderLongerThanTheFile", changed(9, 0xFF), "file ends after"},
    {"WideLengthCutOff", {0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 1, 0}, "cut off"},
    {"WideLengthHuge", {0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0xFF, 0xFF, 0xFF, 0xFF}, "4294967295 bytes"},
    {"HeaderOfNothing", {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0}, "line end"},
    {"HeaderWithoutLineEnd", changed(8, 10), "line end"},
    header("EmptyHeader", "", "expected '{', found its end"),
    header("NoDictionary", "[1]", "byte 10: expected '{'"),
    header("EmptyDictionary", "{}", "descr is missing"),
    header("NoDescr", "{'fortran_order': False, 'shape': (1,), }", "descr is missing"),
    header("NoOrder", "{'descr': '|u1', 'shape': (1,), }", "fortran_order is missing"),
    header("NoShape", "{'descr': '|u1', 'fortran_order': False, }", "shape is missing"),
    header("ExtraKey", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 1}", "one of the keys"),
    header("DescrTwice", "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "each key once"),
    header("OrderTwice", "{'fortran_order': False, 'fortran_order': True, 'descr': '|u1'}", "each key once"),
    header("ShapeTwice", "{'shape': (1,), 'shape': (1,), 'descr': '|u1'}", "each key once"),
    header("KeyWithoutQuotes", "{descr: '|u1'}", "one of the keys"),
    header("KeyWithoutEnd", "{'descr", "one of the keys"),
    header("NoColon", "{'descr' '|u1'}", "expected ':'"),
    header("NoComma", "{'descr': '|u1' 'fortran_order': False}", "expected '}'"),
    header("NotClosed", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)", "expected '}'"),
    header("MoreBehindIt", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} + 1", "nothing but blanks"),
    header("CodeForAShape", "{'shape': __import__('os').system('ls')}", "expected '('"),
    header("NumberForADescr", "{'descr': 4}", "a type such as"),
    header("TextForAnOrder", "{'fortran_order': 'False'}", "True or False"),
    header("NumberForAnOrder", "{'fortran_order': 0}", "True or False"),
    header("NotAscii", "{'descr': '|u1\xC3\xA9'}", "expected ASCII text, found c3"),
    header("Tab", "{\t'descr': '|u1'}", "expected ASCII text, found 09"),
    type("Objects", "|O", "objects (pickle), which can run code; save with np.save(..., x.astype(np.float32))"),
    type("ObjectsOfEightBytes", "|O8", "objects (pickle)"),
    type("Bytes", "|S5", "text (\"|S5\")"),
    type("Text", "<U3", "text (\"<U3\")"),
    type("Complex", "<c8", "complex numbers"),
    type("RawBytes", "|V4", "records or raw bytes"),
    type("Date", "<M8[ns]", "dates"),
    header("Records", "{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,)}", "records"),
    type("Half", "<f2", "found the type \"<f2\""),
    type("LongDouble", "<f16", "found the type"),
    type("ThreeByteInteger", "<i3", "found the type"),
    type("NoSize", "<f", "found the type"),
    type("NoByteOrder", "f4", "found the type"),
    type("NoType", "", "found the type"),
    type("OnlyAnOrder", "<", "found the type"),
    type("HugeSize", "<f99999999999999999999999", "found the type"),
    type("NegativeSize", "<i-4", "found the type"),
    type("MoreThanASize", "<f4x", "found the type"),
    shape("NegativeExtent", "(-1,)", "found \"-1,)"),
    shape("HugeExtent", "(99999999999999999999,)", "less than 2^63"),
    shape("RealExtent", "(1.0,)", "a comma or a closing parenthesis"),
    shape("LongExtent", "(1L,)", "a comma or a closing parenthesis"),
    shape("PaddedExtent", "(01,)", "a dimension"),
    shape("TextExtent", "('1',)", "a dimension"),
    shape("NumberInParentheses", "(1)", "as in (3,)"),
    shape("LeadingComma", "(,1)", "a dimension"),
    shape("TwoCommas", "(1,,)", "a dimension"),
    shape("List", "[1]", "expected '('"),
    shape("NotClosedShape", "(1, ", "a dimension"),
    shape("Nested", "((1,),)", "a dimension"),
    shape("ZeroExtent", "(3, 0)", "dimension 2 of 3 × 0 is zero"),
    shape("ProductOverflows", "(4294967296, 4294967296)",
          "4294967296 × 4294967296 elements of type u1, file ends after 1"),
    shape("ProductOverflowsTo1", "(9223372036854775807, 9223372036854775807)", "file ends after 1"),
    shape("TooManyDimensions", shape_of(33, "1"), "expected at most 32 dimensions, found \"1, )"),
    shape("LongestShape", shape_of(32, "9223372036854775807"), "file ends after 1 of them"),
    {"OneByteShort", npy_array("<i4", "(2, 3)", ByteBuffer(23)),
     "2 × 3 elements of type i4, file ends after 5 of them"},
    {"OneByteLong", npy_array("<i4", "(2, 3)", ByteBuffer(25)), "but 1 more bytes follow"},
    {"NoData", npy_array("<i4", "(2, 3)", {}), "file ends after 0"},
    {"TruthOfTwo", npy_array("|b1", "(3,)", {0, 1, 2}), "element 3: expected a truth value, 0 or 1, found 2"},
};

class NpyHostile : public testing::TestWithParam<Hostile> {};

TEST_P(NpyHostile, IsRefused) {
  const Hostile& hostile = GetParam();
  EXPECT_THAT([&] { parse_npy(hostile.bytes, "a.npy"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.npy: "), HasSubstr(hostile.reason), SizeIs(Le(1000)))));
}

INSTANTIATE_TEST_SUITE_P(All, NpyHostile, testing::ValuesIn(kHostile),
                         [](const auto& tested) { return tested.param.name; });

TEST(NpyArray, APromiseTakesNoMemory) {
  const ByteBuffer bytes = npy_array("<f8", "(1000000, 1000)", ByteBuffer(8));
  const test::PeakMemory peak;
  EXPECT_THROW(parse_npy(bytes, "a.npy"), DataError);
  EXPECT_LT(peak.growth(), 10'000'000U);
}

}  // namespace
}  // namespace dbn
