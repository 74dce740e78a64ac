#pragma once
// runs.jsonl: the record of a comparison as JSON lines. The first is the header, each other a tuning trial or a run, as
// they finished; doubles are written so that they read back to the same bits. NaN and infinity are null.

#include <memory>
#include <string>
#include <string_view>

#include <dbn/experiment/comparison_run.hpp>

namespace dbn {

/// The whole record as text, trials and runs in the order of the record.
std::string to_json_lines(const ComparisonRecord& record);

/// The record in a text. `name` is for messages. A last line without its line feed, cut off by a kill, is passed over.
/// Trials and runs are brought into the record's order; one that stands twice, or belongs to no treatment or seed of
/// the header, is refused. Throws DataError with the line for anything that to_json_lines() would not write.
ComparisonRecord parse_run_record(std::string_view text, const std::string& name);

/// The record in a file. Throws IoError, or DataError as parse_run_record() does.
ComparisonRecord read_run_record(const std::string& path);

/// A record that grows in its file while a comparison runs: what has been appended outlives kill -9.
class RunRecordFile {
 public:
  /// Starts the file with what `record` holds already, replacing what stands there.
  RunRecordFile(const std::string& path, const ComparisonRecord& record);
  ~RunRecordFile();

  /// Each appends one line, by one write, and returns once it is on the disk. Throw IoError.
  void append(const TuningTrial& trial);
  void append(const ComparisonRun& run);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dbn
