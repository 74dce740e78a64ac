#pragma once
// Data sets made on the spot, so that everything runs without a file. To add one: a generator and a row in
// synthetic_datasets().

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/random.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn {

/// One generator. A case is a function of (stream, case number) alone: more cases never change the earlier ones.
struct SyntheticDataset {
  std::string name;
  std::string description;
  Index default_training;  ///< cases when none are asked for
  Index default_test;
  Dataset (*make)(const Stream& stream, Index cases);
};

/// All generators.
const std::vector<SyntheticDataset>& synthetic_datasets();

/// The row of that name; InvalidArgument lists the known ones.
const SyntheticDataset& synthetic_dataset(std::string_view name);

/// What `synthetic:NAME[,cases=N,test=N,seed=N]` asks for.
struct SyntheticSpec {
  const SyntheticDataset* generator = nullptr;
  Index training = 0;  ///< cases, at least 1
  Index test = 0;
  Index seed = 0;

  /// True for a text that begins like one.
  static bool is(std::string_view text);
  /// Throws InvalidArgument for an unknown name, another key, or a number that is not from 0.
  static SyntheticSpec parse(std::string_view text);
};

}  // namespace dbn
