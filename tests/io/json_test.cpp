#include <dbn/io/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

void expect_refused(std::string_view text, const std::string& reason) {
  EXPECT_THAT([&] { parse_json(text, "a.json"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a.json"), HasSubstr(reason), SizeIs(::testing::Lt(300u)))))
      << text.substr(0, 100);
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(Json, BuildsEveryKindOfValue) {
  const auto json = parse_json(
      R"( {"a": [1, -2, 2.5, true, null, [], {}], "b": {"a": "x\u00e9\n"}, "c": 18446744073709551615} )", "a.json");
  EXPECT_EQ(json,
            (nlohmann::json{{"a", {1u, -2, 2.5, true, nullptr, nlohmann::json::array(), nlohmann::json::object()}},
                            {"b", {{"a", "x\u00e9\n"}}},
                            {"c", 18446744073709551615u}}));
  EXPECT_TRUE(json["a"][0].is_number_unsigned());
  EXPECT_FALSE(json["a"][1].is_number_unsigned());
  EXPECT_TRUE(json["a"][2].is_number_float());
}

TEST(Json, DocumentMayBeASingleValue) {
  EXPECT_EQ(parse_json("7", "a.json"), 7);
  EXPECT_EQ(parse_json("\"x\"", "a.json"), "x");
}

TEST(Json, SameKeyInDifferentObjectsIsFine) { EXPECT_NO_THROW(parse_json(R"([{"a": {"a": 1}}, {"a": 2}])", "a.json")); }

TEST(Json, DuplicateKeyIsNamedWithItsPlace) {
  expect_refused(R"({"a": 1, "b": 2, "a": 3})", "at byte 20: duplicate key \"a\"");
  expect_refused(R"([{"x": {"a": 1, "\u0061": 3}}])", "duplicate key \"a\"");
}

TEST(Json, DepthIsLimited) {
  EXPECT_NO_THROW(parse_json(nested(8), "a.json"));
  expect_refused(nested(9), "at byte 9: nesting deeper than 8 levels");
  expect_refused(std::string(1'000'000, '['), "nesting deeper than 8 levels");
  EXPECT_NO_THROW(parse_json(nested(20), "a.json", 20));
  EXPECT_THROW(parse_json("[]", "a.json", 0), DataError);
}

TEST(Json, NumberOfValuesIsLimited) {
  EXPECT_NO_THROW(parse_json("[1,2,3]", "a.json", 8, 4));
  EXPECT_THAT([] { parse_json("[1,2,3]", "a.json", 8, 3); }, ThrowsMessage<DataError>(HasSubstr("more than 3 values")));
}

TEST(Json, SyntaxErrorsTellTheByte) {
  expect_refused("", "at byte 1");
  expect_refused("{\"a\": tru}", "at byte 10: syntax error");
  expect_refused("[1, 2", "at byte 6");
  expect_refused("[1,]", "at byte 4");
  expect_refused("{'a': 1}", "at byte 2");
  expect_refused("[NaN]", "invalid literal");
  expect_refused("[01]", "at byte 3");
  expect_refused("// no\n1", "invalid literal");
}

TEST(Json, TextAfterTheDocumentIsRefused) {
  expect_refused("{} x", "at byte 4");
  expect_refused("{}{}", "at byte 3");
  expect_refused(std::string_view("{}\0x", 4), "at byte 3: a NUL byte");
  EXPECT_NO_THROW(parse_json("{} \n", "a.json"));
}

TEST(Json, InvalidTextIsRefused) {
  expect_refused("\"\xff\"", "invalid string: ill-formed UTF-8 byte");
  expect_refused("\"a\nb\"", "control character");
  expect_refused("\"" + std::string(1'000'000, 'x'), "missing closing quote");
}

TEST(Json, NumberOutOfRangeIsRefused) { expect_refused("[1e999]", "number out of range"); }

TEST(QuoteForMessage, IsOneShortPrintableLine) {
  EXPECT_EQ(quote_for_message("0.weight"), "\"0.weight\"");
  EXPECT_EQ(quote_for_message("a\"\n\x1b[31m"), R"("a\"\n\u001b[31m")");
  EXPECT_EQ(quote_for_message("\xff"), "\"\\ufffd\"");
  EXPECT_EQ(quote_for_message(std::string(1000, 'x')), "\"" + std::string(60, 'x') + "\"...");
}

}  // namespace
}  // namespace dbn
