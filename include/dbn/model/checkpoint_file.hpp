#pragma once
// A run's state on disk: safetensors with the tensors and numbers that the run handed out, its position, and what must
// be the same when it goes on.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/core/run_state.hpp>
#include <dbn/io/safetensors.hpp>

namespace dbn {

/// What a run's bits depend on beside its state, as text by name: options (`--batch`), the seed, fingerprints of data.
using RunIdentity = std::map<std::string, std::string>;

/// Adds the options of `fields` under their names on the command line, but for those named in `except`.
void add_options(RunIdentity& identity, const OptionFields& fields, const std::vector<std::string_view>& except = {});

/// With what bits depend on beside all options: whether this build computes in float or in double.
RunIdentity with_precision(RunIdentity identity);

/// The first few differences in words, `--batch: 100 then, 50 now`; empty when there is none.
std::string difference(const RunIdentity& then, const RunIdentity& now);

/// What a checkpoint file holds.
struct Checkpoint {
  SavedRun run;
  RunIdentity identity;
};

/// Writes atomically. Throws IoError; InvalidArgument when a value is not finite.
void save_checkpoint(const RunState& state, const RunIdentity& identity, const std::string& path);

/// Reads all or nothing. Throws IoError, or DataError naming file, place, expected and found.
Checkpoint load_checkpoint(const std::string& path);
/// The same of a file that has been read; `path` is for messages.
Checkpoint load_checkpoint(SafetensorsFile contents, const std::string& path);

}  // namespace dbn
