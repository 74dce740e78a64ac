#pragma once
// Where a net's weights start from, as `compare --starts` names it: a pretrainer or an initializer, with an
// activation.

#include <string>
#include <string_view>
#include <vector>

#include <dbn/pretrain/pretrain_options.hpp>

namespace dbn {

/// Names the initializer that is recommended for the activation.
inline constexpr const char* kAutoInitializer = "auto";

/// Says that an initializer is meant: `init:sparse`, where `sparse` alone is a pretrainer.
inline constexpr const char* kInitializerPrefix = "init:";

/// One contestant of a comparison.
struct Start {
  std::string name;        ///< as given: rbm, he, he@sigmoid
  std::string method;      ///< row of pretrainers() or initializers(); `auto` has become one
  std::string activation;  ///< of the hidden layers
  bool pretrained = false;
};

/// Parses NAME[@ACTIVATION], or init:NAME[@ACTIVATION] for an initializer. Without it, the activation that the start is
/// meant for: a pretrainer's own (sigmoid), or that of the initializer's row (ReLU for he). `auto` is the initializer
/// that is recommended for ACTIVATION, which is ReLU unless it is named. Throws InvalidArgument for unknown names, and
/// for an activation that the pretrained layers do not have (an RBM's follows from its hidden units; an autoencoder has
/// those of code_activation_names()).
Start parse_start(std::string_view text, const PretrainOptions& options);

/// The pretraining options of a pretrained start: every layer by its method, autoencoder codes by its activation.
PretrainOptions pretrain_options(const Start& start, const PretrainOptions& options);

}  // namespace dbn
