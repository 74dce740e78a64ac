#pragma once
// Where a net's weights start from, as `compare --starts` names it: a pretrainer or an initializer, with an
// activation, perhaps changed by a control.

#include <string>
#include <string_view>
#include <vector>

#include <dbn/pretrain/pretrain_options.hpp>

namespace dbn {

/// Names the initializer that is recommended for the activation.
inline constexpr const char* kAutoInitializer = "auto";

/// Says that an initializer is meant: `init:sparse`, where `sparse` alone is a pretrainer.
inline constexpr const char* kInitializerPrefix = "init:";

/// What a start is changed by to see what its success is owed to, written behind its name: `rbm+shuffled`.
enum class Control {
  none,
  shuffled,  ///< pretrained weights and biases permuted within each layer: same histogram, no structure
  labelled,  ///< pretrained on the labelled cases alone
  frozen,    ///< pretrained layers stay as they are: their features and a softmax
  longer,    ///< a random start whose fine-tuning is longer by the work that the dearest pretraining takes
};

/// One row of the table of controls.
struct ControlKind {
  std::string name;  ///< as written behind the +
  Control control;
  bool pretrained;  ///< it is a control of pretrained starts, otherwise of random ones
  std::string summary;
};
const std::vector<ControlKind>& controls();
/// The name in that table; empty for Control::none.
std::string control_name(Control control);

/// One contestant of a comparison.
struct Start {
  std::string name;        ///< as given: rbm, he, he@sigmoid, rbm+shuffled
  std::string method;      ///< row of pretrainers() or initializers(); `auto` has become one
  std::string activation;  ///< of the hidden layers
  bool pretrained = false;
  Control control = Control::none;
};

/// Parses NAME[@ACTIVATION][+CONTROL], or init:NAME[@ACTIVATION][+CONTROL] for an initializer. Without ACTIVATION, the
/// one that the start is meant for: a pretrainer's own (sigmoid), or that of the initializer's row (ReLU for he).
/// `auto` is the initializer that is recommended for ACTIVATION, which is ReLU unless it is named. Throws
/// InvalidArgument for unknown names, for an activation that the pretrained layers cannot have (an RBM has those of
/// types of hidden units, an autoencoder those of code_activation_names()), and for a control that is not of this kind
/// of start.
Start parse_start(std::string_view text, const PretrainOptions& options);

/// The pretraining options of a pretrained start: every layer by its method, codes by its activation. An RBM whose
/// name has an activation keeps the hidden units of the options where all suit it, and has those that do otherwise.
PretrainOptions pretrain_options(const Start& start, const PretrainOptions& options);

}  // namespace dbn
