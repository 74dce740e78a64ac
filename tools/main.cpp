// dbn: the command table, and the only place that catches.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "commands.hpp"
#include "nearest.hpp"
#include "output.hpp"
#include "printable.hpp"
#include "stop_signals.hpp"

namespace {

struct Command {
  const char* name;
  const char* summary;
  CommandFunction run;
};

constexpr Command kCommands[] = {
    {"compare", "train the same net from several starts over seeds: does pretraining help on these data?",
     &run_compare},
    {"report", "make the HTML report of a comparison again, from the record of its runs", &run_report},
    {"pretrain", "train a stack of RBMs or autoencoders layer by layer, without labels", &run_pretrain},
    {"finetune", "train a classifier from a stack or from an initializer", &run_finetune},
    {"evaluate", "error rate with interval, cross-entropy, calibration, confusion matrix of a model", &run_evaluate},
    {"predict", "label and probabilities of each case", &run_predict},
    {"encode", "codes of each case: what a layer of a stack or model gives, for other tools", &run_encode},
    {"reconstruct", "up through a stack or autoencoder and down again: error of each case, pictures", &run_reconstruct},
    {"sample", "draws from an RBM of a stack, as pictures or numbers", &run_sample},
    {"likelihood", "log Z and mean log p(v) of an RBM or belief net: exact when small, else from both sides",
     &run_likelihood},
    {"init", "what each start does to signals and gradients, and which one an activation wants", &run_init},
    {"inspect", "what a stack, model or checkpoint file holds", &run_inspect},
    {"export", "weights of a stack or model for PyTorch, NumPy and other tools", &run_export},
    {"import", "make a model of weights that another tool trained", &run_import},
    {"reproduce", "run a published result again and print it beside ours", &run_reproduce},
    {"bench", "this machine's best matrix product, and the share of it that training reaches", &run_bench},
    {"data", "look at data sets, make, convert and split them", &run_data},
};

std::string overview() {
  std::string text =
      "dbn: deep belief nets; does layer-wise pretraining help on your data, and by how much?\n\n"
      "usage: dbn COMMAND [options]\n\n";
  for (const auto& command : kCommands) text += fmt::format("  {:<11} {}\n", command.name, command.summary);
  return text + "\n`dbn COMMAND --help` explains a command. `dbn compare` answers the question on embedded data.\n";
}

void run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) throw dbn::InvalidArgument("expected a command; see dbn --help");
  const std::string& name = arguments.front();
  if (name == "--help" || name == "help") return print(overview());
  if (name == "--version") return print("dbn " DBN_VERSION "\n");
  std::vector<std::string> known;
  for (const auto& command : kCommands) {
    if (name == command.name) {
      const std::span<const std::string> rest(arguments.begin() + 1, arguments.end());
      for (const auto& argument : rest)
        if (argument == "--version") return print("dbn " DBN_VERSION "\n");
      return command.run(rest);
    }
    known.emplace_back(command.name);
  }
  const std::string guess = nearest(name, known);
  throw dbn::InvalidArgument(fmt::format("unknown command '{}'{}; see dbn --help", name,
                                         guess.empty() ? "" : fmt::format(", did you mean {}?", guess)));
}

bool wants_color(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool next = arguments[i] == "--color" && i + 1 < arguments.size();
    const std::string value = next                                   ? arguments[i + 1]
                              : arguments[i].starts_with("--color=") ? arguments[i].substr(8)
                                                                     : "";
    if (value == "always") return true;
    if (value == "never") return false;
  }
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

// Whether the answer is a text that needs no computation, and should come at once.
bool only_asks(const std::vector<std::string>& arguments) {
  return arguments.empty() || std::any_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
           return argument == "help" || argument == "--help" || argument == "--version";
         });
}

// Threads of OpenMP that wait for each other burn whole time slices by default, which makes training several times
// slower as soon as anybody else uses the machine. libgomp reads its environment before main, hence the second start.
// About 10 microseconds of waiting suffice when the machine is idle; who sets a policy keeps it.
void start_with_short_waits(const std::vector<std::string>& arguments, char** argv) {
  if (only_asks(arguments)) return;
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  std::error_code none;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", none).string();
  if (!self.empty() && setenv("GOMP_SPINCOUNT", "10000", 1) == 0) execv(self.c_str(), argv);
  // Without /proc training is as slow as it is, and as right.
}

// A file that is opened while stdout or stderr is closed would get its number, and what is printed then would stand in
// that file. Writing to what was opened for reading fails as writing to a closed stream does.
void hold_closed_streams() {
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    const int none = open("/dev/null", O_RDONLY);
    if (none < 0 || none == stream) continue;
    dup2(none, stream);
    close(none);
  }
}

int fail(int code, const char* what, bool color) {
  std::fputs(
      fmt::format("{}dbn: error:{} {}\n", color ? "\033[1;31m" : "", color ? "\033[0m" : "", printable(what)).c_str(),
      stderr);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  start_with_short_waits(arguments, argv);
  hold_closed_streams();
  // A reader that has gone and a file that has reached its limit are errors of the system, said like others.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  if (!only_asks(arguments)) watch_for_stop_signals();
  const bool color = wants_color(arguments);
  try {
    run(arguments);
    return 0;
  } catch (const Stopped& stop) {
    std::fputs(fmt::format("dbn: {}\n", stop.what()).c_str(), stderr);
    return stop.exit_code();
  } catch (const dbn::InvalidArgument& error) {
    return fail(2, error.what(), color);
  } catch (const dbn::DataError& error) {
    return fail(3, error.what(), color);
  } catch (const dbn::IoError& error) {
    return fail(4, error.what(), color);
  } catch (const dbn::DivergenceError& error) {
    return fail(5, error.what(), color);
  } catch (const dbn::MemoryError& error) {
    return fail(6, error.what(), color);
  } catch (const std::bad_alloc&) {
    return fail(6, "out of memory; try fewer or smaller --layers, a smaller --batch, or fewer cases (--limit)", color);
  } catch (const std::exception& error) {
    return fail(1, error.what(), color);
  }
}
