// dbn report: the page of a comparison, made again from its record.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/experiment/report.hpp>
#include <dbn/experiment/run_record.hpp>
#include <dbn/io/file.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "output.hpp"

using namespace dbn;

void run_report(std::span<const std::string> arguments) {
  CommandLine line("report", "Makes the report of a comparison, one HTML page, from the record of its runs.");
  std::string path;
  std::string out = "report.html";
  line.add_argument("FILE", &path, "runs.jsonl of dbn compare; one that still runs, or was stopped, will do");
  line.add({{.name = "out", .value = &out, .help = "file that the page is written to"}});
  if (!line.parse(arguments)) return;

  check_output(out, {path}, line.global.force || line.global.dry_run);
  const ComparisonRecord record = read_run_record(path);
  if (record.runs.empty()) throw DataError(fmt::format("{}: expected at least one run, found none yet", path));
  const std::string page = report_html(record);
  const std::string summary =
      fmt::format("{} runs of {} treatments", record.runs.size(), record.header.treatments.size());
  if (line.global.dry_run) return print(summary + "\n");

  write_file(out, page);
  if (line.global.json) return print_json({{"command", "report"}, {"out", out}});
  print(fmt::format("{}: {}\n", summary, out));
}
