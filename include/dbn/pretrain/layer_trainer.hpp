#pragma once
// What trains one layer of a stack. To add a kind: a class implementing LayerTrainer and a row in pretrainers().

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/tensor.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/nn/optimizer.hpp>
#include <dbn/nn/training_loop.hpp>
#include <dbn/pretrain/pretrain_options.hpp>
#include <dbn/pretrain/stack.hpp>

namespace dbn {

/// What a trainer knows of a layer when it is done; anything may be missing.
struct TrainingEvidence {
  std::optional<double> update_ratio = {};  ///< root mean square of the last update of the weights over that of the
                                            ///< weights themselves; none where the rate had been taken down
  std::optional<double> chain_free_energy = {};  ///< mean over the persistent chains, nats
  std::optional<double> data_free_energy = {};   ///< mean over training cases, nats
  Vector swap_rates = {};                        ///< of neighbouring temperatures, as ContrastiveDivergence has them
};

/// Trains one layer by batches. Everything that the next update depends on, beside its arguments, is in the layer's
/// tensors and in state(), named: the training loop does the rest, from checkpoints to retries (nn/training_loop.hpp),
/// and a trainer has no code of its own for them. Views stay valid while the trainer lives.
class LayerTrainer {
 public:
  virtual ~LayerTrainer() = default;

  /// Where the next batch, of so many cases, may be written (visible x cases), so that update() need not copy it.
  virtual MatrixRef input(Index cases) = 0;

  /// One update from a batch (visible x cases).
  virtual void update(const ConstMatrixRef& batch, const BatchPosition& at, UpdateRates rates) = 0;

  /// Mean free energy of cases in nats; none for a kind that has no such thing.
  virtual std::optional<double> mean_free_energy(const ConstMatrixRef& batch) const = 0;

  /// What the trainer knows beside the layer itself, with `cases` (visible x any number) to compare with.
  virtual TrainingEvidence evidence(const ConstMatrixRef& /*cases*/) const { return {}; }

  /// The layer as trained so far.
  virtual StackLayer& layer() = 0;

  /// Training state beside the layer's own tensors: optimizer state, chains. No name is one of the layer's.
  virtual TensorList state() = 0;
};

/// Summary of the inputs of a layer, which its start may depend on.
struct InputSummary {
  FeatureSummary features;
  bool known = true;  ///< false: a stand-in, for a layer whose tensors are about to be written over
};
InputSummary unknown_inputs(Index features);
InputSummary summarize(const CaseSource& cases);
/// Bytes that summarize() takes.
double summary_memory(Index features);

/// Bytes that a layer's training takes, beside its inputs.
struct LayerMemory {
  double parameters = 0;  ///< of the layer; they stay when it is trained
  double state = 0;       ///< what LayerTrainer::state() holds
  double buffers = 0;     ///< of a batch
  double start = 0;       ///< only while the trainer is made
  double tiles = 0;       ///< of gradients; they stay, and serve every layer
};

/// One kind of layer-wise pretraining.
struct Pretrainer {
  std::string name;
  std::string source;
  std::unique_ptr<LayerTrainer> (*make)(const LayerOptions& options, const InputSummary& input, std::uint64_t seed);
  /// Learning rate when none is given.
  double (*default_rate)(const LayerOptions& options);
  /// Activation of the net that a layer unrolls into.
  std::string (*activation)(const LayerOptions& options);
  LayerMemory (*memory)(const LayerOptions& options);
  /// Throws InvalidArgument for options that this kind cannot be trained with; null where every option does.
  void (*check)(const LayerOptions& options);
};

/// All pretrainers: rbm; and autoencoders that only reconstruct (autoencoder), that undo noise (denoising), whose codes
/// change little with their input (contractive), or are mostly off (sparse).
const std::vector<Pretrainer>& pretrainers();
const Pretrainer& pretrainer(std::string_view name);
std::vector<std::string> pretrainer_names();

}  // namespace dbn
