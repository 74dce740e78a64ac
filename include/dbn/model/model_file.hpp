#pragma once
// A trained net on disk: safetensors whose keys are those of torch.nn.Sequential(Linear, activation, Linear, ...).

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/data/preprocessing.hpp>
#include <dbn/io/safetensors.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/nn/mlp.hpp>

namespace dbn {

/// What a model file holds. It has no time, host or path in it: same seed, same bytes.
struct ModelFile {
  Mlp net;
  std::vector<std::string> outputs;  ///< name of each output's class or target; none where they are the inputs
  Preprocessing preprocessing;       ///< that the net's inputs went through
  std::uint64_t seed = 0;
  std::string start;                   ///< what the weights started from, in a word: rbm, xavier, ...
  std::vector<FinetuneEpoch> history;  ///< seconds are not stored
  std::string task = "classification";
  std::string loss = "softmax";  ///< which says what the outputs predict
};

/// Writes atomically. Throws IoError.
void save_model(const ModelFile& file, const std::string& path);

/// Reads all or nothing. Throws IoError, or DataError naming file, place, expected and found.
ModelFile load_model(const std::string& path);
/// The same of a file that has been read; `path` is for messages.
ModelFile load_model(SafetensorsFile contents, const std::string& path);

/// What a safetensors file of ours is: "dbn-stack", "dbn-model", or empty for anything else. Throws IoError or
/// DataError.
std::string file_kind(const std::string& path);
std::string file_kind(const SafetensorsFile& contents);

/// Bytes that save_model() or save_stack() takes beside tensors of so many bytes, which the caller holds.
double saving_memory(double tensors);

}  // namespace dbn
