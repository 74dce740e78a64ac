#pragma once
// What each trainer's own file offers to the table of pretrainers.

#include <memory>
#include <string>

#include <dbn/autoencoder/autoencoder_penalties.hpp>
#include <dbn/pretrain/layer_trainer.hpp>

namespace dbn::detail {

/// What tells the kinds of autoencoders apart.
struct AutoencoderVariant {
  std::string corruption = "none";  ///< as text
  double emphasis = 0;
  AutoencoderPenalties penalties = {};
};

std::unique_ptr<LayerTrainer> make_rbm_trainer(const LayerOptions&, const InputSummary&, std::uint64_t seed);
std::unique_ptr<LayerTrainer> make_autoencoder_trainer(const LayerOptions&, const InputSummary&, std::uint64_t seed,
                                                       const AutoencoderVariant&);

/// Throws InvalidArgument for options that do not suit each other.
void check_autoencoder(const LayerOptions&, const AutoencoderVariant&);

LayerMemory rbm_memory(const LayerOptions&);
LayerMemory autoencoder_memory(const LayerOptions&, const AutoencoderVariant&);

}  // namespace dbn::detail
