#include "stop_signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace {

std::atomic<bool> training{false};
std::atomic<int> received_signal{0};

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// Ends the program as the signal would have done by itself.
[[noreturn]] void die_of(int signal) {
  std::signal(signal, SIG_DFL);
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal);
  _exit(128 + signal);
}

[[noreturn]] void watch() {
  const sigset_t set = stop_signals();
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    // Outside training there is nothing to keep, and somebody who asks twice does not want to wait.
    if (!training || received_signal.exchange(signal) != 0) die_of(signal);
  }
}

}  // namespace

void watch_for_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread(watch).detach();
}

StopSignals::StopSignals() {
  received_signal = 0;
  training = true;
}

StopSignals::~StopSignals() { training = false; }

int StopSignals::received() { return received_signal; }
