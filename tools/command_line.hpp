#pragma once
// One command's options: collected from the library's option structs, set from an INI file and the command line, and
// explained by --help with their live defaults.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <dbn/core/option.hpp>

/// Options that every command has.
struct GlobalOptions {
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  dbn::Index seed = 0;
  dbn::Index threads = 0;
  std::string max_memory;
  std::string config;
  bool print_config = false;
  bool dry_run = false;
  bool force = false;
  std::string color = "auto";
};

/// The options of one command and what a user said about them.
class CommandLine {
 public:
  GlobalOptions global;

  CommandLine(std::string command, std::string summary) : command_(std::move(command)), summary_(std::move(summary)) {}

  /// Adds fields; `section` is their INI section ("" for the command's own) and their heading in --help. Names get
  /// `prefix`.
  void add(dbn::OptionFields fields, const std::string& section = "", const std::string& prefix = "");
  /// Adds an argument without a name; it must be given. `help` says what it is.
  void add_argument(const std::string& name, std::string* value, const std::string& help);

  /// Reads --config, then the arguments. False when the command is done, because --help or --print-config was answered.
  /// Throws InvalidArgument for usage errors; an unknown option names the nearest known one.
  bool parse(std::span<const std::string> arguments);

  const std::string& command() const { return command_; }

  /// Whether the user set this option, by file or command line.
  bool given(const std::string& name) const;
  /// The command as it was given, with more arguments behind it, fit for a shell.
  std::string repeated(const std::vector<std::string>& more) const;
  /// Bytes that the process may hold: --max-memory, or 90 % of what the machine or its control group has for it.
  double memory_limit() const;
  std::uint64_t seed() const { return static_cast<std::uint64_t>(global.seed); }

 private:
  struct Entry {
    dbn::OptionField field;
    std::string section;
  };
  struct Argument {
    std::string name;
    std::string* value;
    std::string help;
  };

  /// What stands on the command line, before anything is set.
  struct Given {
    bool help = false;
    std::vector<std::pair<std::string, std::string>> named;
    std::vector<std::string> positional;
  };

  dbn::OptionFields global_fields();
  Given tokenize(std::span<const std::string> arguments) const;
  void take_arguments(const std::vector<std::string>& positional);
  const Entry* find(const std::string& name) const;
  void set(const std::string& name, const std::string& value);
  void read_config(const std::string& path);
  [[noreturn]] void refuse_unknown(const std::string& name) const;
  std::string help() const;
  std::string config() const;

  std::string command_;
  std::string summary_;
  std::vector<Entry> entries_;
  std::vector<Argument> arguments_;
  std::vector<std::string> given_;
  std::vector<std::string> words_;  ///< all arguments, as they came
};
