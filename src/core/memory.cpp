#include <dbn/core/memory.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr std::string_view kUnits = "KMGT";

/// Bytes of address space and of memory that a process holds.
struct Held {
  double addresses = 0;
  double memory = 0;
};

Held held(const MemorySources& sources) {
  std::ifstream file(sources.proc + "/self/statm");
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  Held pages;
  if (!(file >> pages.addresses >> pages.memory)) return {};
  return {pages.addresses * page, pages.memory * page};
}

// The number behind a word of a file such as "MemAvailable:  23452728 kB"; none without that word.
std::optional<double> number_after(const std::string& path, const std::string& word) {
  std::ifstream file(path);
  for (std::string found; file >> found;) {
    double number = 0;
    if (found == word && file >> number) return number;
  }
  return std::nullopt;
}

// The number that a file holds; none for "max" and for no file.
std::optional<double> number_in(const std::string& path) {
  std::ifstream file(path);
  double number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

double machine_allows(const MemorySources& sources, const Held& own) {
  const auto left = number_after(sources.proc + "/meminfo", "MemAvailable:");
  return left ? own.memory + *left * 1024 : kUnlimited;
}

/// The names that one version of control groups gives its files.
struct GroupFiles {
  std::vector<std::string> limits;
  std::string used;
  std::vector<std::string> caches;  ///< words of memory.stat
};

double group_allows(const std::string& folder, const GroupFiles& files, const Held& own) {
  double limit = kUnlimited;
  for (const auto& name : files.limits) limit = std::min(limit, number_in(folder + name).value_or(kUnlimited));
  if (limit == kUnlimited) return limit;
  double others = number_in(folder + files.used).value_or(0) - own.memory;
  for (const auto& cache : files.caches) others -= number_after(folder + "memory.stat", cache).value_or(0);
  return limit - std::max(0.0, others);
}

// The least that a group and those above it allow. `path` is what /proc/self/cgroup says, like /user/session; inside a
// container it may point out of what can be seen, and then only the root of what can be seen counts.
double groups_allow(const std::string& root, std::string path, const GroupFiles& files, const Held& own) {
  if (path.find("..") != std::string::npos) path.clear();
  double allowed = kUnlimited;
  for (;;) {
    while (path.ends_with('/')) path.pop_back();
    allowed = std::min(allowed, group_allows(root + path + "/", files, own));
    if (path.empty()) return allowed;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

double cgroups_allow(const MemorySources& sources, const Held& own) {
  static const GroupFiles kSecond{{"memory.max", "memory.high"}, "memory.current", {"inactive_file", "active_file"}};
  static const GroupFiles kFirst{
      {"memory.limit_in_bytes"}, "memory.usage_in_bytes", {"total_inactive_file", "total_active_file"}};
  std::ifstream file(sources.proc + "/self/cgroup");
  double allowed = kUnlimited;
  // Each line is NUMBER:CONTROLLERS:PATH, without controllers for version 2.
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,")
      for (const char* mount : {"", "/unified"})
        allowed = std::min(allowed, groups_allow(sources.cgroups + mount, path, kSecond, own));
    else if (controllers.find(",memory,") != std::string::npos)
      allowed = std::min(allowed, groups_allow(sources.cgroups + "/memory", path, kFirst, own));
  }
  return allowed;
}

// Addresses that are held without memory, such as those of libraries, leave less for memory.
double limits_allow(const MemorySources& sources, const Held& own) {
  const auto limit = number_after(sources.proc + "/self/limits", "space");  // the line is called Max address space
  return limit ? std::max(0.0, *limit - own.addresses + own.memory) : kUnlimited;
}

// What stands behind the number: one of K, M, G, T, with B or iB.
std::optional<double> unit_factor(std::string_view unit) {
  if (unit.empty()) return 1;
  const auto power = kUnits.find(unit.front());
  unit.remove_prefix(1);
  if (power == std::string_view::npos || !(unit.empty() || unit == "B" || unit == "iB")) return std::nullopt;
  return std::pow(1024.0, static_cast<double>(power) + 1);
}

}  // namespace

double resident_memory(const MemorySources& sources) { return held(sources).memory; }

double available_memory(const MemorySources& sources) {
  const Held own = held(sources);
  return std::min({machine_allows(sources, own), cgroups_allow(sources, own), limits_allow(sources, own)});
}

double parse_memory_size(std::string_view text, std::string_view option) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto factor = unit_factor(text.substr(static_cast<std::size_t>(end - text.data())));
  const double bytes = number * factor.value_or(0);
  if (error != std::errc{} || !std::isfinite(bytes) || bytes < 1)
    throw InvalidArgument(
        fmt::format("{}: expected a size above 0 such as 512M or 1.5G (K, M, G, T), found '{}'", option, text));
  return bytes;
}

std::string memory_text(double bytes) {
  constexpr double kStep = 1024;
  bytes /= kStep * kStep;
  if (bytes < kStep) return fmt::format("{:.0f} MiB", std::ceil(bytes));
  const bool huge = bytes >= kStep * kStep;
  return fmt::format("{:.1f} {}", bytes / (huge ? kStep * kStep : kStep), huge ? "TiB" : "GiB");
}

void demand_memory(std::string_view what, double needed, double limit, std::string_view advice) {
  if (needed <= limit) return;
  throw MemoryError(fmt::format("{} needs about {}, --max-memory allows {}; {}", what, memory_text(needed),
                                memory_text(limit), advice));
}

}  // namespace dbn
