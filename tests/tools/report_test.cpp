// dbn report: the page of a comparison, made again from its record.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/experiment/report.hpp>
#include <dbn/experiment/run_record.hpp>
#include <dbn/io/file.hpp>

#include "../support/made_record.hpp"
#include "../support/tool_test.hpp"

namespace dbn::test {
namespace {

class ReportCommand : public ToolTest {
 protected:
  void save(const ComparisonRecord& record) const { write_file(dir_.path("runs.jsonl"), to_json_lines(record)); }
  std::string text(const std::string& name) const {
    const ByteBuffer bytes = read_file(dir_.path(name));
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(ReportCommand, WritesThePageOfARecord) {
  auto record = made({5, 6, 7}, {8, 9, 11});
  put_in_order(record);
  save(record);
  EXPECT_THAT(run("report runs.jsonl"), testing::HasSubstr("6 runs of 2 treatments: report.html"));
  EXPECT_EQ(text("report.html"), report_html(record));
  EXPECT_EQ(run_json("report runs.jsonl --out other.html"),
            nlohmann::json({{"command", "report"}, {"out", "other.html"}}));
  EXPECT_EQ(text("other.html"), text("report.html"));
}

TEST_F(ReportCommand, AComparisonThatGoesOnReplacesItsPageAndNoOtherFile) {
  const std::string compare =
      "compare --quiet --data synthetic:digits,cases=100,test=50 --layers 4 --starts xavier,he --finetune.epochs 1 "
      "--finetune.min-updates 0 --seeds ";
  run(compare + "1");
  const std::string one = text("report.html");
  run(compare + "2");
  EXPECT_NE(text("report.html"), one);
  write_file(dir_.path("notes.txt"), std::string_view("mine"));
  expect_refused(4, "notes.txt", compare + "3 --report notes.txt");
  EXPECT_EQ(text("notes.txt"), "mine");
}

// The same seed is the same bits in one version; a mean over two would be of neither.
TEST_F(ReportCommand, AComparisonDoesNotGoOnWithRunsOfAnotherVersion) {
  const std::string compare =
      "compare --quiet --data synthetic:digits,cases=100,test=50 --layers 4 --starts xavier,he --finetune.epochs 1 "
      "--finetune.min-updates 0 --report none --seeds ";
  run(compare + "1");
  auto record = read_run_record(dir_.path("runs.jsonl"));
  record.header.version = "0.0.1";
  save(record);
  expect_refused(4, "of dbn 0.0.1", compare + "2");
  run(compare + "2 --force");
  EXPECT_EQ(read_run_record(dir_.path("runs.jsonl")).runs.size(), 4U);
}

TEST_F(ReportCommand, ReplacesNothingUnasked) {
  save(made({5, 6}, {8, 9}));
  expect_refused(2, "runs.jsonl is also read", "report runs.jsonl --out runs.jsonl --force");
  expect_refused(2, "FILE", "report");
  run("report runs.jsonl --dry-run");
  EXPECT_THAT(names_in(dir_.folder()), testing::ElementsAre("runs.jsonl"));
  run("report runs.jsonl");
  expect_refused(4, "--force", "report runs.jsonl");
  run("report runs.jsonl --force");
}

TEST_F(ReportCommand, RefusesWhatIsNoRecordOfRuns) {
  auto record = made({5, 6}, {8, 9});
  record.runs.clear();
  save(record);
  expect_refused(3, "expected at least one run", "report runs.jsonl");
  write_file(dir_.path("runs.jsonl"), "{}\n");
  expect_refused(3, "runs.jsonl", "report runs.jsonl");
  expect_refused(4, "absent.jsonl", "report absent.jsonl");
}

}  // namespace
}  // namespace dbn::test
