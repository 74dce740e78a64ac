// What the reader of a record refuses: each case is a full record with one thing wrong, and the message names its line.

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/experiment/run_record.hpp>

#include "../support/full_record.hpp"

namespace dbn {
namespace {

using nlohmann::json;
using test::full;
using test::joined;
using test::lines_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using testing::ThrowsMessage;
using Pointer = json::json_pointer;

ComparisonRecord parse(const std::string& text) { return parse_run_record(text, "runs.jsonl"); }

void expect_refused(const std::string& text, std::size_t line, const std::string& reason) {
  EXPECT_THAT([&] { parse(text); },
              ThrowsMessage<DataError>(AllOf(StartsWith(fmt::format("runs.jsonl: line {}: ", line)), HasSubstr(reason),
                                             SizeIs(testing::Lt(300U)))));
}

// The full record with one line replaced; lines count from 1.
std::string with_line(std::size_t line, const std::string& replacement) {
  auto lines = lines_of(full());
  lines[line - 1] = replacement;
  return joined(lines);
}

TEST(RunRecordRefusals, RefusesATornLineInTheMiddle) {
  const std::string half = lines_of(full())[4].substr(0, 50);
  expect_refused(with_line(5, half), 5, "invalid JSON at byte 5");
  expect_refused(with_line(5, half + lines_of(full())[5]), 5, "invalid JSON");
}

TEST(RunRecordRefusals, NeedsAHeader) {
  const std::string header = lines_of(full())[0];
  for (const auto& text : {std::string(), header.substr(0, 40), header})
    EXPECT_THAT([&] { parse(text); },
                ThrowsMessage<DataError>(AllOf(StartsWith("runs.jsonl: "), HasSubstr("no whole line"))));
  expect_refused(joined({lines_of(full())[3]}), 1, "event comparison");
  expect_refused(with_line(2, header), 2, "found \"comparison\"");
}

TEST(RunRecordRefusals, RefusesWhatIsNoObjectOfJson) {
  expect_refused(with_line(5, ""), 5, "invalid JSON");
  expect_refused(with_line(5, "run"), 5, "invalid JSON at byte 1");
  expect_refused(with_line(5, "[]"), 5, "expected an object, found array");
  expect_refused(with_line(5, "7"), 5, "expected an object, found number");
  expect_refused(with_line(5, lines_of(full())[4] + "}"), 5, "invalid JSON");
  expect_refused(with_line(5, std::string("{\"v\0\":1}", 8)), 5, "a NUL byte");
  expect_refused(with_line(5, "{\"v\":1,\"event\":\"\xff\"}"), 5, "invalid JSON");
  expect_refused(with_line(1, "\x1f\x8b\x08"), 1, "invalid JSON");
  std::string twice = lines_of(full())[4];
  expect_refused(with_line(5, twice.replace(1, 0, "\"seed\":0,")), 5, "duplicate key \"seed\"");
}

TEST(RunRecordRefusals, RefusesLinesThatAreMadeToHurt) {
  constexpr std::size_t kLong = 10'000'000;
  const std::string line = lines_of(full())[4];
  const auto with = [&](const std::string& value) { return line.substr(0, line.size() - 1) + ",\"x\":" + value + "}"; };
  expect_refused(with_line(5, std::string(kLong, '[')), 5, "nesting deeper");
  expect_refused(with_line(5, with("\"" + std::string(kLong, 'x') + "\"")), 5, "unknown key");
  expect_refused(with_line(5, with(std::string(kLong, '1'))), 5, "number out of range");
  expect_refused(with_line(5, std::string(kLong, ' ')), 5, "invalid JSON");
  expect_refused(with_line(5, "{\"" + std::string(kLong, 'x') + "\":1,\"v\":1,\"event\":\"run\"}"), 5, "'start'");
  std::string many = "0";
  for (std::size_t i = 1; i < kLong / 2; ++i) many += ",0";
  expect_refused(with_line(5, with("[" + many + "]")), 5, "more than");
}

// The text that it has with another value at a place.
std::string changed(std::size_t line, const Pointer& place, const json& value) {
  json row = json::parse(lines_of(full())[line - 1]);
  row[place] = value;
  return with_line(line, row.dump());
}

// Every place in a document: members and elements, at any depth.
void add_places(const json& value, const Pointer& at, std::vector<Pointer>& places) {
  if (!value.is_structured()) return;
  for (const auto& [key, inner] : value.items()) {
    const Pointer place = value.is_array() ? at / static_cast<std::size_t>(std::stoul(key)) : at / key;
    places.push_back(place);
    add_places(inner, place, places);
  }
}

bool is_free(const Pointer& place) {
  return place.parent_pointer().to_string() == "/settings" || place.parent_pointer().to_string() == "/identity";
}

// Laws for each place of each line, whatever is there: it is needed, it has its type, and nothing stands beside it.
TEST(RunRecordRefusals, EveryPlaceHasItsTypeAndNoOtherIsTaken) {
  const auto lines = lines_of(full());
  const json strange{{"a", json::array()}};
  const std::set<std::string> kOptional{"/profile", "/filters", "/reconstructions", "/samples", "/pretrain_updates"};
  std::size_t count = 0;
  for (std::size_t line = 1; line <= lines.size(); ++line) {
    const json row = json::parse(lines[line - 1]);
    std::vector<Pointer> places{Pointer()};
    add_places(row, Pointer(), places);
    for (const auto& place : places) {
      SCOPED_TRACE(fmt::format("line {}, {}", line, place.to_string()));
      expect_refused(changed(line, place, strange), line, "");
      const json& there = row.at(place);
      if (there.is_object() && !is_free(place / "x"))
        expect_refused(changed(line, place / "x", 1), line, "unknown key \"x\"");
      const std::string name = place.to_string();
      const bool optional = kOptional.contains(name);
      if (place.empty() || optional || is_free(place) || !row.at(place.parent_pointer()).is_object()) continue;
      json without = row;
      without.at(place.parent_pointer()).erase(place.back());
      expect_refused(with_line(line, without.dump()), line, fmt::format("'{}' is missing", place.back()));
      ++count;
    }
  }
  EXPECT_GT(count, 150U);
}

struct WrongValue {
  std::size_t line;
  const char* place;
  json value;
  const char* reason;
  std::size_t told = line;  // the line that is named
};

TEST(RunRecordRefusals, RefusesValuesThatNoComparisonHas) {
  const json natural = std::numeric_limits<std::uint64_t>::max();
  const json twice = {{"start", "rbm"}, {"layers", {20}}, {"labels", 100}};
  const std::vector<WrongValue> wrong{
      {1, "/v", 2, "expected version 1, found 2"},
      {5, "/v", 0, "expected version 1"},
      {5, "/v", 1.0, "'v'"},
      {5, "/event", "walk", "\"walk\""},
      {1, "/event", "run", "event comparison"},
      {1, "/seed", -1, "'seed'"},
      {1, "/seeds", 0, "'seeds'"},
      {1, "/target", 100.5, "'target'"},
      {1, "/test_cases", natural, "'test_cases'"},
      {1, "/features", 2.5, "'features'"},
      {1, "/tuning_trials", -1, "'tuning_trials'"},
      {1, "/starts/1/control", "shorter", "unknown control \"shorter\""},
      {1, "/starts/1/name", "rbm", "start \"rbm\" stands twice"},
      {1, "/treatments/1/start", "xavier", "unknown start \"xavier\""},
      {1, "/treatments/1", twice, "a treatment stands twice"},
      {1, "/treatments", json::array(), "'treatments'"},
      {1, "/treatments/0/layers", json::array(), "'layers'"},
      {1, "/treatments/0/layers/0", 0, "'layers'"},
      {1, "/treatments/0/layers/0", natural, "'layers'"},
      {1, "/treatments/0/labels", 0, "'labels'"},
      {2, "/trial", 1, "trial 1 of 1"},
      {2, "/trial", -1, "'trial'"},
      {2, "/start", "xavier", "none of the comparison's"},
      {2, "/start", "he", "the trial stands twice", 3},
      {2, "/validation_error", 100.5, "'validation_error'"},
      {2, "/updates", natural, "'updates'"},
      {2, "/seconds", -0.5, "'seconds'"},
      {5, "/labels", 101, "none of the comparison's"},
      {5, "/layers", {20, 20}, "none of the comparison's"},
      {5, "/seed", 2, "seed 2 is none of 2 from 0"},
      {5, "/seed", natural, "is none of 2"},
      {5, "/seed", 1, "the run stands twice", 7},
      {1, "/seed", 1, "seed 0 is none of 2 from 1", 4},
      {1, "/target", 1, "'epochs_to_target': expected null", 4},
      {4, "/epochs_to_target", 1, "'epochs_to_target': expected 2"},
      {5, "/epochs_to_target", 1, "'epochs_to_target': expected null"},
      {5, "/failure", "", "'failure'"},
      {5, "/test_error", -1, "'test_error'"},
      {5, "/test_error", nullptr, "'test_error'"},
      {5, "/pretrain_updates", -1, "'pretrain_updates'"},
      {5, "/finetune_seconds", nullptr, "'finetune_seconds'"},
      {5, "/epochs/0/epoch", 2, "in order from 1"},
      {5, "/epochs/0/validation_error", -1, "'validation_error'"},
      {4, "/wrong", {17, 0}, "in order"},
      {4, "/wrong", {17, 17}, "in order"},
      {4, "/wrong", {17, 200}, "test cases"},
      {4, "/wrong", {-1}, "'wrong'"},
      {4, "/profile/at_start/0", json(), "expected an object"},
      {4, "/profile/at_start/0/units", 0, "'units'"},
      {4, "/filters/height", 0, "'height'"},
      {4, "/filters/height", 2, "expected 12 digits, found 6"},
      {4, "/filters/height", 2147483647, "too large"},
      {4, "/filters/pixels/1", "0011", "expected 6 digits, found 4"},
      {4, "/reconstructions/height", 3, "expected 6 digits, found 4"},
      {4, "/samples/pixels/0", "0x", "hexadecimal"},
      {4, "/filters/pixels/1", "0011-1", "hexadecimal"},
      {4, "/filters/pixels/1", "00110x", "hexadecimal"},
  };
  for (const auto& [line, place, value, reason, told] : wrong) {
    SCOPED_TRACE(fmt::format("line {}, {}: {}", line, place, value.dump()));
    expect_refused(changed(line, Pointer(place), value), told, reason);
  }
  json layers = json::parse(lines_of(full())[3]).at("/profile/at_start"_json_pointer);
  layers.erase(0);
  expect_refused(changed(4, Pointer("/profile/at_start"), layers), 4, "'at_start': expected 2 layers, found 1");
}

}  // namespace
}  // namespace dbn
