#pragma once
// How far a long command is, on stderr: a bar when somebody watches, plain lines otherwise, nothing with --quiet.

#include <chrono>
#include <mutex>
#include <string>

/// Shows one stage after another.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A stage begins; its name stands before the bar. Silent without a terminal.
  void begin(const std::string& name);
  /// Share of the stage that is done, 0 to 1. Shown on a terminal only, at most ten times a second.
  void update(double done);
  /// A line that stays.
  void line(const std::string& text);
  /// A line that even --quiet does not hide: something went otherwise than was asked.
  void note(const std::string& text);

 private:
  void clear();

  std::mutex mutex_;  ///< runs of a comparison tell at once
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::string name_;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point shown_;
};
