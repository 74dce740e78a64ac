#pragma once
// What each trainer's own file offers to the table of pretrainers.

#include <memory>

#include <dbn/pretrain/layer_trainer.hpp>

namespace dbn::detail {

std::unique_ptr<LayerTrainer> make_rbm_trainer(const LayerOptions&, const InputSummary&, std::uint64_t seed);
/// `corruption` as text: none for a plain autoencoder.
std::unique_ptr<LayerTrainer> make_autoencoder_trainer(const LayerOptions&, const InputSummary&, std::uint64_t seed,
                                                       const std::string& corruption);

LayerMemory rbm_memory(const LayerOptions&);
LayerMemory autoencoder_memory(const LayerOptions&);

}  // namespace dbn::detail
