#pragma once
// SIGINT and SIGTERM while a command trains: the first asks it to stop, the second ends it at once.

#include <dbn/core/error.hpp>

/// A command that stopped because of a signal, all it had done kept; the text says how to go on.
class Stopped : public dbn::Error {
 public:
  Stopped(int signal, const std::string& text) : Error(text), signal_(signal) {}
  int exit_code() const { return 128 + signal_; }

 private:
  int signal_;
};

/// Receives both signals while it lives. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that came, or 0. Callable from any thread.
  static int received();
};
