#pragma once
// SIGINT, SIGTERM and SIGHUP while a command trains: the first asks it to stop, the second ends it at once.

#include <string>

#include <dbn/core/error.hpp>

/// A command that stopped because of a signal, all it had done kept; the text says how to go on.
class Stopped : public dbn::Error {
 public:
  Stopped(int signal, const std::string& text) : Error(text), signal_(signal) {}
  int exit_code() const { return 128 + signal_; }

 private:
  int signal_;
};

/// SIGINT and the like.
std::string signal_name(int signal);

/// From now on a thread of its own waits for these signals, and no other thread is ever interrupted by one: oneDNN's
/// generated code keeps values where the system writes a handler's frame, and a signal in its middle corrupts the heap.
/// Called once, before there are other threads. Until training begins, a signal ends the program as ever.
void watch_for_stop_signals();

/// Training, which the first signal only asks to stop, while it lives. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that came, or 0. Callable from any thread.
  static int received();
};
