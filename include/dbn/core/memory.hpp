#pragma once
// Memory as a quantity that is asked for before it is taken: malloc of more than the machine has may succeed, and the
// system then ends the process without a word.

#include <string>
#include <string_view>

namespace dbn {

/// Where the system says what there is; tests name folders of their own.
struct MemorySources {
  std::string proc = "/proc";              ///< meminfo, self/statm, self/cgroup, self/limits
  std::string cgroups = "/sys/fs/cgroup";  ///< control groups of version 2 or 1
};

/// Bytes of memory that this process holds now; 0 where the system does not say.
double resident_memory(const MemorySources& sources = {});

/// Bytes that this process may hold in all without swapping or being ended: what it holds now and what is left for it,
/// by the machine (MemAvailable), by each of its control groups up to the root (memory.max and memory.high, or
/// memory.limit_in_bytes, less what others hold in them; file caches do not count, they make way), and by its limit on
/// address space. Infinite where the system does not say.
double available_memory(const MemorySources& sources = {});

/// Bytes written as a number with K, M, G or T behind it (powers of 1024; KB and KiB mean K) or nothing for bytes.
/// Throws InvalidArgument, naming `option`, for anything else and for 0 or less.
double parse_memory_size(std::string_view text, std::string_view option);

/// A number of bytes for people, in the units of parse_memory_size: "21.1 GiB".
std::string memory_text(double bytes);

/// Throws MemoryError when `needed` bytes are more than `limit`: "pretraining needs about 12.3 TiB, --max-memory allows
/// 21.1 GiB; try fewer or smaller --layers".
void demand_memory(std::string_view what, double needed, double limit, std::string_view advice);

}  // namespace dbn
