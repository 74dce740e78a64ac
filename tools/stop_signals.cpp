#include "stop_signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <system_error>
#include <thread>

namespace {

std::atomic<bool> training{false};
std::atomic<int> received_signal{0};

// Without those that this program was started to ignore, as shells do with SIGINT for what runs in the background.
sigset_t heeded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction inherited {};
    if (sigaction(signal, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

// Ends the program as the signal would have done by itself.
[[noreturn]] void die_of(int signal, const sigset_t& set) {
  std::signal(signal, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal);
  _exit(128 + signal);
}

[[noreturn]] void watch(const sigset_t& set) {
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    // Outside training there is nothing to keep, and somebody who asks twice does not want to wait.
    if (!training || received_signal.exchange(signal) != 0) die_of(signal, set);
  }
}

}  // namespace

std::string signal_name(int signal) { return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP"; }

void watch_for_stop_signals() {
  const sigset_t set = heeded_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  try {
    std::thread([set] { watch(set); }).detach();
  } catch (const std::system_error&) {
    // Where no thread can be had, signals end the program as ever.
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }
}

StopSignals::StopSignals() {
  received_signal = 0;
  training = true;
}

StopSignals::~StopSignals() { training = false; }

int StopSignals::received() { return received_signal; }
