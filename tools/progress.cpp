#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kBetween = std::chrono::milliseconds(100);
constexpr int kWidth = 30;

void to_stderr(const std::string& text) { std::fputs(text.c_str(), stderr); }

std::string remaining(double seconds) {
  const auto s = static_cast<long>(seconds);
  return s < 60 ? fmt::format("{} s left", s) : fmt::format("{}:{:02} min left", s / 60, s % 60);
}

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1), begun_(Clock::now()) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (drawn_) to_stderr("\r\033[K");
  drawn_ = false;
}

void Progress::begin(const std::string& name) {
  const std::lock_guard lock(mutex_);
  name_ = name;
  begun_ = Clock::now();
}

void Progress::update(double done) {
  const std::lock_guard lock(mutex_);
  if (quiet_ || !terminal_ || done <= 0 || Clock::now() - shown_ < kBetween) return;
  shown_ = Clock::now();
  const double seconds = std::chrono::duration<double>(shown_ - begun_).count();
  const int filled = std::clamp(static_cast<int>(done * kWidth), 0, kWidth);
  clear();
  to_stderr(fmt::format("{} [{:=<{}}{:{}}] {:3.0f} %  {}", name_, "", filled, "", kWidth - filled, 100 * done,
                        remaining(seconds * (1 - done) / done)));
  drawn_ = true;
}

void Progress::line(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (quiet_) return;
  clear();
  to_stderr(text + "\n");
}

void Progress::note(const std::string& text) {
  const std::lock_guard lock(mutex_);
  clear();
  to_stderr("dbn: note: " + text + "\n");
}
