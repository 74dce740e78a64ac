#include <dbn/experiment/run_record.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>

#include "../support/failing_calls.hpp"
#include "../support/full_record.hpp"
#include "../support/temp_dir.hpp"

namespace dbn {
namespace {

using nlohmann::json;
using test::full;
using test::joined;
using test::lines_of;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using testing::ThrowsMessage;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Everything in a row, doubles by their bits.
class Flat {
 public:
  static std::vector<std::string> of(const ComparisonRecord& record) {
    Flat flat;
    flat.add(record.header);
    for (const auto& trial : record.trials) flat.add(trial);
    for (const auto& run : record.runs) flat.add(run);
    return flat.all_;
  }

 private:
  void add(const std::string& text) { all_.push_back(text); }
  void add(double x) { add(fmt::format("{} {:x}", x, std::bit_cast<std::uint64_t>(x))); }
  template <std::integral T>
  void add(T x) {
    add(fmt::format("{}", x));
  }
  template <typename T>
  void add(const std::optional<T>& x) {
    x ? add(*x) : add("none");
  }
  template <typename T>
  void add(const std::vector<T>& list) {
    add(list.size());
    for (const auto& one : list) add(one);
  }
  void add(const std::map<std::string, std::string>& map) {
    add(map.size());
    for (const auto& [name, value] : map) add(name), add(value);
  }
  void add(const Treatment& t) { add(t.start), add(t.layers), add(t.labels); }
  void add(const Start& s) {
    add(s.name), add(s.method), add(s.activation), add(s.pretrained), add(control_name(s.control));
  }
  void add(const ComparisonHeader& h) {
    add(h.version), add(h.command), add(h.seed), add(h.seeds), add(h.target), add(h.training), add(h.test);
    add(h.training_cases), add(h.test_cases), add(h.features), add(h.classes), add(h.starts), add(h.treatments);
    add(h.tuning_trials), add(h.identity);
  }
  void add(const TuningTrial& t) {
    add(t.treatment), add(t.trial), add(t.settings), add(t.validation_error), add(t.updates), add(t.seconds);
  }
  void add(const FinetuneEpoch& e) {
    add(e.epoch), add(e.train_loss), add(e.validation_error), add(e.learning_rate), add(e.seconds);
  }
  void add(const LayerProfile& l) {
    add(l.units), add(l.activation_mean), add(l.activation_variance), add(l.gradient_mean), add(l.gradient_variance);
    add(l.saturated), add(l.dead), add(l.alike), add(l.largest_singular_value), add(l.smallest_singular_value);
  }
  void add(const RunProfile& p) { add(p.at_start), add(p.after_epoch); }
  void add(const Pictures& f) { add(f.height), add(f.width), add(f.pixels); }
  void add(const ComparisonRun& r) {
    add(r.treatment), add(r.seed), add(r.failure), add(r.test_error), add(r.test_cross_entropy), add(r.wrong);
    add(r.updates), add(r.pretrain_updates), add(r.pretrain_seconds), add(r.finetune_seconds), add(r.history);
    add(r.profile), add(r.filters), add(r.reconstructions), add(r.samples);
  }

  std::vector<std::string> all_;
};

ComparisonRecord parse(const std::string& text) { return parse_run_record(text, "runs.jsonl"); }

TEST(RunRecord, ReadsBackWhatItWrote) {
  const auto record = full();
  EXPECT_THAT(Flat::of(parse(to_json_lines(record))), testing::ContainerEq(Flat::of(record)));
}

TEST(RunRecord, ReadsBackDoublesToTheBit) {
  for (const double x : {0.1, 1.0 / 3, 1e308, std::numeric_limits<double>::max(), 5e-324, 2.2e-308, 0.0, -0.0, -1e-310,
                         std::nextafter(1.0, 2.0), 9007199254740993.0, 123456789.0}) {
    ComparisonRecord record = test::made({1}, {2});
    auto& run = record.runs[0];
    run.test_cross_entropy = run.history[0].train_loss = x;
    run.pretrain_seconds = std::abs(x);
    run.profile = {.at_start = {{.units = 1, .gradient_mean = x}, {.units = 1, .dead = -x}}, .after_epoch = {}};
    EXPECT_EQ(Flat::of(parse(to_json_lines(record))), Flat::of(record)) << x;
  }
}

// Their own NaN and infinity: losses that overflowed, profiles that cannot be measured. null stands for both.
TEST(RunRecord, WritesNullForWhatIsNotFinite) {
  ComparisonRecord record = test::made({1}, {2});
  record.runs[0].profile = {.at_start = {{.units = 1, .alike = -kInfinity}, {.units = 1}}, .after_epoch = {}};
  record.runs[0].history[1].train_loss = kInfinity;
  const auto run = parse(to_json_lines(record)).runs[0];
  EXPECT_TRUE(std::isnan(run.profile->at_start[0].alike));
  EXPECT_TRUE(std::isnan(run.history[1].train_loss));
}

// 2^64 - 1 is no double.
TEST(RunRecord, SeedsAreExactUpToTheLast) {
  ComparisonRecord record = test::made({1, 2}, {3, 4});
  for (auto& run : record.runs) run.seed = std::numeric_limits<std::uint64_t>::max() - 1 + run.seed;
  record.header.seed = record.runs[0].seed;
  put_in_order(record);
  EXPECT_EQ(Flat::of(parse(to_json_lines(record))), Flat::of(record));
}

TEST(RunRecord, TellsTheEpochOfTheTarget) {
  const auto lines = lines_of(full());
  EXPECT_EQ(json::parse(lines[3]).at("epochs_to_target"), 2);
  EXPECT_EQ(json::parse(lines[4]).at("epochs_to_target"), json());
}

TEST(RunRecord, OrderOfLinesDoesNotMatter) {
  const auto wanted = Flat::of(full());
  auto lines = lines_of(full());
  for (int turn = 0; turn < 2; ++turn) {
    for (std::size_t i = 1; i < lines.size(); ++i) {
      EXPECT_EQ(Flat::of(parse(joined(lines))), wanted);
      std::rotate(lines.begin() + 1, lines.begin() + 2, lines.end());
    }
    std::reverse(lines.begin() + 1, lines.end());
  }
}

TEST(RunRecord, HeaderAloneIsARecordWithoutRuns) {
  const auto record = parse(lines_of(full())[0] + "\n");
  EXPECT_EQ(record.header.treatments, full().header.treatments);
  EXPECT_THAT(record.runs, SizeIs(0));
  EXPECT_THAT(record.trials, SizeIs(0));
}

// Wherever a kill cuts the last line, the lines before it are the record.
TEST(RunRecord, PassesOverATornLastLine) {
  const std::string text = to_json_lines(full());
  auto record = full();
  record.runs.pop_back();
  const std::string whole = to_json_lines(record);
  const auto wanted = Flat::of(record);
  for (std::size_t size = whole.size(); size < text.size(); ++size)
    ASSERT_EQ(Flat::of(parse(text.substr(0, size))), wanted) << size;
  EXPECT_EQ(Flat::of(parse(whole + std::string(100, '\0'))), wanted) << "as a power failure leaves it";
}

// A name of a file may be any bytes; a record is UTF-8.
TEST(RunRecord, ReplacesWhatIsNoUtf8) {
  ComparisonRecord record = test::made({1}, {2});
  record.header.training = "a\xff.idx";
  record.header.command = "dbn compare a\xc3";
  record.runs[0].failure = "\xed\xa0\x80";
  const auto found = parse(to_json_lines(record));
  EXPECT_EQ(found.header.training, "a\ufffd.idx");
  EXPECT_EQ(found.header.command, "dbn compare a\ufffd");
  EXPECT_TRUE(found.runs[0].failed());
}

std::string text_of(const std::string& path) {
  const ByteBuffer bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

TEST(RunRecordFile, GrowsToTheWholeRecord) {
  const test::TempDir dir;
  const std::string path = dir.path("runs.jsonl");
  const auto record = full();
  ComparisonRecord now{.header = record.header, .trials = {}, .runs = {}};
  write_file(path, std::string_view("what stood there"));
  {
    RunRecordFile file(path, now);
    EXPECT_EQ(text_of(path), to_json_lines(now));
    for (const auto& trial : record.trials) file.append(trial), now.trials.push_back(trial);
    file.append(record.runs[0]), now.runs.push_back(record.runs[0]);
    EXPECT_EQ(text_of(path), to_json_lines(now)) << "each line is there when append returns";
  }
  RunRecordFile file(path, read_run_record(path));
  for (std::size_t i = 1; i < record.runs.size(); ++i) file.append(record.runs[i]);
  EXPECT_EQ(text_of(path), to_json_lines(record));
  EXPECT_EQ(Flat::of(read_run_record(path)), Flat::of(record));
}

TEST(RunRecordFile, NamesTheFileThatItCannotRead) {
  const test::TempDir dir;
  EXPECT_THAT([&] { read_run_record(dir.path("absent")); }, ThrowsMessage<IoError>(HasSubstr(dir.path("absent"))));
  write_file(dir.path("a"), std::string_view("{}\n"));
  EXPECT_THAT([&] { read_run_record(dir.path("a")); },
              ThrowsMessage<DataError>(StartsWith(dir.path("a") + ": line 1: ")));
}

// Whatever fails, the file holds what it held, or a record with every run that was appended before.
TEST(RunRecordFile, OutlivesEveryFailure) {
  const test::TempDir dir;
  const std::string path = dir.path("runs.jsonl");
  const auto record = full();
  ComparisonRecord beginning = record;
  beginning.runs.resize(2);
  const std::string old = to_json_lines(test::made({1}, {2}));
  const std::string begun = to_json_lines(beginning);
  for (int n = 1;; ++n) {
    write_file(path, old);
    std::string kept = old;
    std::string call;  // that failed
    {
      const test::FailNthCall fault(n, ENOSPC, 100);
      try {
        RunRecordFile file(path, beginning);
        kept = begun;
        file.append(record.runs[2]);
        kept = begun + lines_of(record)[5] + "\n";
      } catch (const IoError& error) {
        EXPECT_THAT(error.what(), HasSubstr(dir.path("")));
      }
      call = fault.call();
    }
    SCOPED_TRACE(fmt::format("call {}: {}", n, call));
    const std::string found = text_of(path);
    EXPECT_NO_THROW(read_run_record(path));
    if (kept != old)
      EXPECT_THAT(found, StartsWith(kept));
    else if (call == "write" || call == "rename")
      EXPECT_EQ(found, old);
    else  // a beginning that has been put in place whole stays, whatever fails then
      EXPECT_THAT(found, testing::AnyOf(old, begun));
    if (call.empty()) {
      EXPECT_EQ(found, kept);
      break;
    }
    ASSERT_LT(n, 500);
  }
}

}  // namespace
}  // namespace dbn
