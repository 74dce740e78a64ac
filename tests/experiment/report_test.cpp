#include <dbn/experiment/report.hpp>

#include <limits>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/json.hpp>

#include "../support/made_record.hpp"

namespace dbn {
namespace {

using nlohmann::json;
using test::made;
using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const auto from = text.find(before) + before.size();
  return text.substr(from, text.find(after, from) - from);
}

std::string data_text(const std::string& page) {
  return between(page, "<script type=\"application/json\" id=\"data\">", "</script>");
}

json data_of(const ComparisonRecord& record) { return parse_json(data_text(report_html(record)), "the report"); }

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// A record in which every text that may come from a user is this one.
ComparisonRecord called(const std::string& name) {
  auto record = made({5, 6, 7}, {8, 9, 11});
  auto& header = record.header;
  for (auto* text : {&header.version, &header.command, &header.training, &header.test}) *text = name;
  header.classes = {name, "b"};
  header.identity = {{name, name}};
  header.starts[0].name = header.starts[0].method = header.starts[0].activation = name;
  for (auto& treatment : header.treatments)
    if (treatment.start == "rbm") treatment.start = name;
  for (auto& run : record.runs)
    if (run.treatment.start == "rbm") run.treatment.start = name;
  record.runs[0].failure = name;
  record.trials = {{.treatment = header.treatments[0], .settings = {{name, name}}, .validation_error = 1.5}};
  return record;
}

TEST(Report, IsTheSameBytesForTheSameRecord) {
  EXPECT_EQ(report_html(made({5, 6}, {8, 9})), report_html(made({5, 6}, {8, 9})));
  EXPECT_NE(report_html(made({5, 6}, {8, 9})), report_html(made({5, 6}, {8, 9.1})));
}

TEST(Report, HasEverythingInIt) {
  const std::string page = report_html(made({5, 6}, {8, 9}));
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, testing::EndsWith("</html>\n"));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(page, HasSubstr("Chart.js v3"));
  EXPECT_THAT(page, HasSubstr("Released under the MIT License"));
  EXPECT_FALSE(std::regex_search(page.substr(0, page.find("<style>")), std::regex("(src|href)=\"(?!data:|#)")));
  EXPECT_LT(page.size(), 1000000U);
}

TEST(Report, LoadsNothingAndRunsItsOwnScriptsOnly) {
  const std::string policy = between(report_html(made({5}, {8})), "Content-Security-Policy\" content=\"", "\"");
  EXPECT_THAT(policy, testing::StartsWith("default-src 'none'; "));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("http")));
  // 32 bytes are 43 characters and one of padding.
  const std::regex hash("'sha256-[A-Za-z0-9+/]{43}='");
  EXPECT_EQ(std::distance(std::sregex_iterator(policy.begin(), policy.end(), hash), std::sregex_iterator()), 3);
}

TEST(Report, HostileNamesLeaveNoMarkup) {
  const std::string plain = report_html(called("rbm"));
  for (const std::string name :
       {"</script><script>alert(1)</script>", "<!-- <script>", "\"><img src=x onerror=alert(1)>", "'; alert(1); '",
        "\x1b[31mred\x1b[0m", "{{data}}", "&lt;script&gt;", "\xff\xc0\x80 no UTF-8", "line\xe2\x80\xa8separator",
        "a\r\tb", "\\u003c/script>"}) {
    const std::string page = report_html(called(name));
    EXPECT_EQ(count(page, "<"), count(plain, "<")) << name;
    if (name.find_first_of("<>&") != std::string::npos) {
      EXPECT_EQ(count(page, name), 0U) << name;
    }
    EXPECT_FALSE(std::regex_search(page, std::regex("[\\x01-\\x09\\x0b-\\x1f\\x7f]"))) << name;
    for (const char* bytes : {"\xff", "\xc0"}) EXPECT_EQ(count(page, bytes), 0U) << name;
    EXPECT_FALSE(std::regex_search(data_text(page), std::regex("[^ -~]"))) << name;
  }
}

TEST(Report, NamesReachTheScriptAsTheyAre) {
  const std::string name = "</script> \"quoted\" 'n' & \x1b[1m <!-- \xc3\xa9 \xe2\x80\xa9";
  const json data = data_of(called(name));
  EXPECT_EQ(data["training"], name);
  EXPECT_EQ(data["command"], name);
  EXPECT_EQ(data["classes"][0], name);
  EXPECT_EQ(data["runs"][0]["start"], name);
  EXPECT_EQ(data["runs"][0]["failure"], name);
  EXPECT_EQ(data["identity"][name], name);
  EXPECT_EQ(data["trials"][0]["settings"][name], name);
  EXPECT_EQ(data_of(called("a\xff"))["training"], "a\xef\xbf\xbd") << "replaced by U+FFFD";
}

TEST(Report, HoldsTheNumbersOfTheRecord) {
  auto record = made({1.0 / 3, 6.1}, {8, 9});
  record.runs[0].test_cross_entropy = 0.1234567890123;
  record.runs[0].wrong = {3, 17};
  record.runs[1].seed = 18446744073709551615U;
  record.runs[3].seed = 18446744073709551615U;
  record.runs[0].history[0].train_loss = 2.0 / 3;
  record.runs[0].filters = Pictures{.height = 1, .width = 2, .pixels = {{0, 128}, {255, 1}}};
  record.runs[0].profile = RunProfile{.at_start = {{.units = 20, .activation_variance = 0.25}}, .after_epoch = {}};
  const json data = data_of(record);
  const json& run = data["runs"][0];
  EXPECT_EQ(run["test_error"], 1.0 / 3) << "to the last bit";
  EXPECT_EQ(run["test_cross_entropy"], 0.1234567890123);
  EXPECT_EQ(run["wrong"], 2);
  EXPECT_EQ(run["train_loss"], json({0.666667, 0.5})) << "curves have six digits";
  EXPECT_EQ(data["runs"][1]["seed"], "18446744073709551615") << "a number of JavaScript has 53 bits";
  EXPECT_EQ(run["filters"]["pixels"], "AID/AQ==");
  EXPECT_EQ(run["profile"]["at_start"][0]["activation_variance"], 0.25);
  const auto result = summarize(record);
  EXPECT_EQ(data["cells"][0]["mean"], result.cells[0].test_error->mean);
  EXPECT_EQ(data["pairs"][0]["interval"][1], (*result.pairs[0].errors.difference.interval)[1]);
}

TEST(Report, HasTheReferenceAndTheBudgetOfTheResult) {
  auto record = made({5, 6}, {8, 9.5});
  Start xavier = test::kHe;
  xavier.name = "xavier";
  test::add_runs(record, xavier, 100, {7, 8});
  for (auto& run : record.runs)
    if (run.treatment.start == "rbm") run.pretrain_updates = 40;
  record.header.tuning_trials = 1;
  record.trials = {{.treatment = record.header.treatments[0], .settings = {}, .validation_error = 1.5, .updates = 9}};
  const json data = data_of(record);
  for (const auto& cell : data["cells"]) EXPECT_EQ(cell["best_random"], cell["start"] == "xavier") << cell["start"];
  EXPECT_EQ(data["cells"][0]["pretrain_updates"], 40);
  EXPECT_EQ(data["cells"][0]["tuning_updates"], 9);
  EXPECT_EQ(data["pairs"][0]["family"], 3);
  EXPECT_TRUE(data["pairs"][0]["effect"].is_null()) << "of two seeds";
  EXPECT_EQ(data["pairs"][0]["joint_interval"][0], (*summarize(record).pairs[0].joint_interval)[0]);
}

TEST(Report, SaysNullWhereThereIsNoNumber) {
  auto record = made({5, 6}, {8, 9});
  record.runs[0].history[0].train_loss = kNan;
  record.runs[0].history[1].validation_error = std::nullopt;
  record.runs[0].test_cross_entropy = std::numeric_limits<double>::infinity();
  const json run = data_of(record)["runs"][0];
  EXPECT_EQ(run["train_loss"], json({nullptr, 0.5}));
  EXPECT_TRUE(run["validation_error"][1].is_null());
  EXPECT_TRUE(run["test_cross_entropy"].is_null());
}

TEST(Report, ShowsRunsThatFailed) {
  auto record = made({5, 6}, {8, 9});
  record.runs[0].failure = "diverged in epoch 3";
  const json data = data_of(record);
  EXPECT_EQ(data["runs"][0]["failure"], "diverged in epoch 3");
  EXPECT_FALSE(data["runs"][0].contains("test_error"));
  EXPECT_FALSE(data["runs"][1].contains("failure"));
  EXPECT_EQ(data["cells"][0]["failures"], 1);

  record.runs[1].failure = "diverged too";
  EXPECT_TRUE(data_of(record)["cells"][0]["mean"].is_null()) << "all failed";
}

TEST(Report, TellsWhatIsNotTrainedYet) {
  auto record = made({5, 6}, {8, 9});
  record.runs.pop_back();
  record.header.treatments.push_back({.start = "he", .layers = {20}, .labels = 1000});
  const json data = data_of(record);
  EXPECT_EQ(data["treatments"].size(), 3U);
  EXPECT_EQ(data["cells"].size(), 2U);
  EXPECT_EQ(data["cells"][1]["runs"], 1);
  EXPECT_EQ(data["runs"].size(), 3U);
  record.runs.clear();
  EXPECT_THROW(report_html(record), InvalidArgument);
}

}  // namespace
}  // namespace dbn
