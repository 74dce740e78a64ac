#include "command_line.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/memory.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/io/file.hpp>

#include "ini.hpp"
#include "nearest.hpp"
#include "output.hpp"

namespace po = boost::program_options;

namespace {

// Boost's name for arguments without one; a space keeps it from being an option that somebody could give.
constexpr const char* kArguments = "an argument";

constexpr const char* kGlobal = "global";

bool is_flag(const dbn::OptionField& field) { return std::holds_alternative<bool*>(field.value); }

std::string describe_default(const dbn::OptionField& field) {
  if (is_flag(field)) return "";
  const std::string text = dbn::option_text(field);
  return fmt::format(" (default: {})", text.empty() ? field.unset : text);
}

// Breaks a help text at 80 columns, indented below its option.
std::string wrap(const std::string& text, std::size_t indent) {
  constexpr std::size_t kWidth = 80;
  std::string out;
  std::size_t column = kWidth;
  for (const auto& word : dbn::split_list(text, ' ')) {
    if (column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

// A word as a shell would have to read it.
std::string quoted_for_shell(const std::string& word) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-_./,:=@%+", c) != nullptr;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

}  // namespace

void CommandLine::add(dbn::OptionFields fields, const std::string& section, const std::string& prefix) {
  for (auto& field : fields) {
    field.name = prefix + field.name;
    entries_.push_back({std::move(field), section.empty() ? command_ : section});
  }
}

void CommandLine::add_argument(const std::string& name, std::string* value, const std::string& text) {
  arguments_.push_back({name, value, text});
}

dbn::OptionFields CommandLine::global_fields() {
  return {
      {.name = "seed", .value = &global.seed, .help = "seed of all draws", .range = {.least = 0}},
      {.name = "threads",
       .value = &global.threads,
       .help = "threads (0: all cores; without it OMP_NUM_THREADS counts); results do not depend on it",
       .range = {0, 4096}},
      {.name = "max-memory",
       .value = &global.max_memory,
       .help = "refuse to train what needs more memory than this, such as 512M or 1.5G; data in memory count",
       .unset = "90 % of what the machine or control group has left"},
      {.name = "json", .value = &global.json, .help = "the result as one JSON object on stdout"},
      {.name = "quiet", .value = &global.quiet, .help = "no progress on stderr"},
      {.name = "verbose", .value = &global.verbose, .help = "more about what is done, on stderr"},
      {.name = "config",
       .value = &global.config,
       .help = "read options from this INI file; the command line wins",
       .unset = "none"},
      {.name = "print-config", .value = &global.print_config, .help = "print the effective options as INI and stop"},
      {.name = "dry-run", .value = &global.dry_run, .help = "read and check everything, print sizes, write nothing"},
      {.name = "force", .value = &global.force, .help = "allow overwriting files"},
      {.name = "color", .value = &global.color, .help = "colour of messages", .choices = {"auto", "always", "never"}},
  };
}

double CommandLine::memory_limit() const {
  constexpr double kShare = 0.9;  // the rest is for what no estimate knows, and for others
  return global.max_memory.empty() ? kShare * dbn::available_memory()
                                   : dbn::parse_memory_size(global.max_memory, "--max-memory");
}

const CommandLine::Entry* CommandLine::find(const std::string& name) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.field.name == name; });
  return at == entries_.end() ? nullptr : &*at;
}

bool CommandLine::given(const std::string& name) const {
  return std::find(given_.begin(), given_.end(), name) != given_.end();
}

std::string CommandLine::repeated(const std::vector<std::string>& more) const {
  std::string text = "dbn " + command_;
  for (const auto* list : {&words_, &more})
    for (const auto& word : *list) text += " " + quoted_for_shell(word);
  return text;
}

void CommandLine::set(const std::string& name, const std::string& value) {
  const Entry* entry = find(name);
  if (entry == nullptr) refuse_unknown(name);
  if (name == "max-memory") dbn::parse_memory_size(value, "--max-memory");
  dbn::set_option(entry->field, value);
  given_.push_back(name);
}

void CommandLine::refuse_unknown(const std::string& name) const {
  std::vector<std::string> known{"help", "version"};
  for (const auto& entry : entries_) known.push_back(entry.field.name);
  const std::string guess = nearest(name, known);
  throw dbn::InvalidArgument(fmt::format("unknown option --{}{}; see dbn {} --help", name,
                                         guess.empty() ? "" : fmt::format(", did you mean --{}?", guess), command_));
}

void CommandLine::read_config(const std::string& path) {
  const auto bytes = dbn::read_file(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const auto& line : parse_ini(text, path)) {
    const bool misspelt = line.section.empty() || !nearest(line.section, {command_, "data"}).empty();
    if (line.section != command_ && line.section != "data") {
      // Other commands have their sections in the file too; a key that nobody reads is a mistake.
      if (!misspelt) continue;
      throw dbn::InvalidArgument(fmt::format("{}:{}: key '{}' stands in section [{}], expected [{}] or [data]", path,
                                             line.line, line.key, line.section, command_));
    }
    const Entry* entry = find(line.key);
    const bool here = entry != nullptr && (entry->section == kGlobal ? command_ : entry->section) == line.section;
    if (!here)
      throw dbn::InvalidArgument(fmt::format("{}:{}: unknown key '{}' in section [{}]; see dbn {} --print-config", path,
                                             line.line, line.key, line.section, command_));
    try {
      // A default written out says nothing: what --print-config wrote can be read again.
      if (dbn::option_text(entry->field) != line.value) set(line.key, line.value);
    } catch (const dbn::InvalidArgument& error) {
      throw dbn::InvalidArgument(fmt::format("{}:{}: {}", path, line.line, error.what()));
    }
  }
}

bool CommandLine::parse(std::span<const std::string> arguments) {
  words_.assign(arguments.begin(), arguments.end());
  add(global_fields(), kGlobal);
  const Given given_now = tokenize(arguments);
  if (given_now.help) {
    print(help());
    return false;
  }
  for (const auto& [name, value] : given_now.named)
    if (name == "config") global.config = value;
  if (!global.config.empty()) read_config(global.config);
  for (const auto& [name, value] : given_now.named) set(name, value);
  if (global.print_config) {
    print(config());
    return false;
  }
  take_arguments(given_now.positional);
  if (given("threads")) dbn::set_thread_count(static_cast<int>(global.threads));
  return true;
}

CommandLine::Given CommandLine::tokenize(std::span<const std::string> arguments) const {
  po::options_description description;
  description.add_options()("help", po::bool_switch())(kArguments, po::value<std::vector<std::string>>());
  for (const auto& entry : entries_) {
    if (is_flag(entry.field))
      description.add_options()(entry.field.name.c_str(), po::bool_switch());
    else
      description.add_options()(entry.field.name.c_str(), po::value<std::string>());
  }
  Given found;
  try {
    using namespace po::command_line_style;
    const auto parsed = po::command_line_parser(std::vector<std::string>(arguments.begin(), arguments.end()))
                            .options(description)
                            .positional(po::positional_options_description().add(kArguments, -1))
                            .style(allow_long | long_allow_adjacent | long_allow_next)
                            .allow_unregistered()
                            .run();
    for (const auto& option : parsed.options) {
      if (option.string_key == "help")
        found.help = true;
      else if (option.position_key >= 0)
        found.positional.insert(found.positional.end(), option.value.begin(), option.value.end());
      else
        found.named.emplace_back(option.string_key, option.value.empty() ? "true" : option.value.front());
    }
  } catch (const po::error& error) {
    throw dbn::InvalidArgument(fmt::format("{}; see dbn {} --help", error.what(), command_));
  }
  return found;
}

void CommandLine::take_arguments(const std::vector<std::string>& positional) {
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    if (i >= positional.size())
      throw dbn::InvalidArgument(
          fmt::format("expected {}: {}; see dbn {} --help", arguments_[i].name, arguments_[i].help, command_));
    *arguments_[i].value = positional[i];
  }
  if (positional.size() > arguments_.size())
    throw dbn::InvalidArgument(
        fmt::format("unexpected '{}'; see dbn {} --help", positional[arguments_.size()], command_));
}

std::string CommandLine::help() const {
  std::string usage = "usage: dbn " + command_;
  for (const auto& argument : arguments_) usage += " " + argument.name;
  std::string text = usage + " [options]\n\n" + summary_ + "\n";
  for (const auto& argument : arguments_) text += fmt::format("\n  {}{}\n", argument.name, wrap(argument.help, 6));
  std::string section;
  for (const auto& [field, entry_section] : entries_) {
    if (entry_section != section) text += fmt::format("\n{} options:\n", entry_section);
    section = entry_section;
    text += fmt::format("  --{}{}\n", field.name, wrap(field.help + describe_default(field), 6));
    if (!is_flag(field) && dbn::option_domain(field) != "a text")
      text += fmt::format("      {}\n", dbn::option_domain(field));
  }
  return text;
}

std::string CommandLine::config() const {
  std::vector<std::string> sections{command_};
  for (const auto& entry : entries_)
    if (entry.section != kGlobal && std::find(sections.begin(), sections.end(), entry.section) == sections.end())
      sections.push_back(entry.section);
  std::string text;
  for (const auto& section : sections) {
    text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    for (const auto& [field, entry_section] : entries_) {
      const bool kept = field.name == "seed" || field.name == "threads" || field.name == "max-memory";
      if (entry_section == section || (entry_section == kGlobal && kept && section == command_))
        text += fmt::format("{} = {}\n", field.name, dbn::option_text(field));
    }
  }
  return text;
}
