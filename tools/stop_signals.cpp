#include "stop_signals.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace {

std::atomic<int> received_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch nothing else");

extern "C" void on_stop_signal(int signal) {
  // Somebody who asks twice does not want to wait; what the last checkpoint holds is safe.
  if (received_signal.exchange(signal) != 0) _exit(128 + signal);
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  received_signal = 0;
  handle(&on_stop_signal);
}

StopSignals::~StopSignals() { handle(SIG_DFL); }

int StopSignals::received() { return received_signal; }
