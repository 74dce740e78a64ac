#include <dbn/experiment/start.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/autoencoder/autoencoder.hpp>
#include <dbn/core/error.hpp>
#include <dbn/nn/activation.hpp>
#include <dbn/nn/initializer.hpp>
#include <dbn/pretrain/layer_trainer.hpp>
#include <dbn/units/unit_type.hpp>

namespace dbn {
namespace {

constexpr const char* kRbm = "rbm";

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Control parse_control(std::string_view name, const Start& start) {
  std::vector<std::string> known;
  for (const auto& row : controls()) {
    if (row.pretrained != start.pretrained) continue;
    if (row.name == name) return row.control;
    known.push_back(row.name);
  }
  throw InvalidArgument(fmt::format("--starts: expected {} of {} start behind the +, found '{}'",
                                    fmt::join(known, ", "), start.pretrained ? "a pretrained" : "a random",
                                    start.name));
}

// The initializer that is recommended for the activation, and what is meant for the initializer where none is named.
void complete_initialized(Start& start) {
  constexpr const char* kUsual = "relu";
  if (start.method == kAutoInitializer) {
    if (start.activation.empty()) start.activation = kUsual;
    start.method = activation(start.activation).initializer;
  }
  if (start.activation.empty()) start.activation = initializer(start.method).activation;
}

// The type of hidden units that unrolls into layers of this activation.
std::string units_for(const Start& start) {
  std::vector<std::string> known;
  for (const auto& type : unit_types()) {
    if (!type->hidden() || type->activation().empty()) continue;
    if (type->activation() == start.activation) return std::string(type->name());
    known.emplace_back(type->activation());
  }
  throw InvalidArgument(
      fmt::format("--starts: an RBM starts a net of {}; found '{}'", fmt::join(known, ", "), start.name));
}

// The activation that the pretrained layers have.
void complete_pretrained(Start& start, const PretrainOptions& options) {
  const bool rbm = start.method == kRbm;  // whose activation is that of its units
  if (start.activation.empty() && !rbm) start.activation = options.activation;
  if (rbm) start.activation = pretrainer(kRbm).activation(layer_options(pretrain_options(start, options), 0, 1));
  if (activation(start.activation).slope_from_input)
    throw InvalidArgument(fmt::format("--starts: {} learns codes by one of {}; found '{}'", start.method,
                                      fmt::join(code_activation_names(), ", "), start.name));
}

}  // namespace

const std::vector<ControlKind>& controls() {
  static const std::vector<ControlKind> table{
      {"shuffled", Control::shuffled, true, "pretrained weights permuted within each layer"},
      {"labelled", Control::labelled, true, "pretrained on the labelled cases alone"},
      {"frozen", Control::frozen, true, "pretrained layers stay as they are below a softmax"},
      {"longer", Control::longer, false, "fine-tuned longer by the work of pretraining"},
  };
  return table;
}

std::string control_name(Control control) {
  for (const auto& row : controls())
    if (row.control == control) return row.name;
  return "";
}

Start parse_start(std::string_view text, const PretrainOptions& options) {
  const auto plus = text.find('+');
  const std::string_view whole = text.substr(0, plus);
  const bool initialized = whole.starts_with(kInitializerPrefix);
  const std::string_view named = initialized ? whole.substr(std::string_view(kInitializerPrefix).size()) : whole;
  const auto at = named.find('@');
  Start start{.name = std::string(text), .method = std::string(named.substr(0, at)), .activation = {}};
  start.pretrained = !initialized && contains(pretrainer_names(), start.method);
  if (!start.pretrained && start.method != kAutoInitializer && !contains(initializer_names(), start.method))
    throw InvalidArgument(fmt::format("--starts: expected NAME[@ACTIVATION] with NAME among {}, {}, {}; found '{}'",
                                      fmt::join(pretrainer_names(), ", "), fmt::join(initializer_names(), ", "),
                                      kAutoInitializer, text));
  if (at != std::string_view::npos) start.activation = activation(named.substr(at + 1)).name;
  if (start.pretrained)
    complete_pretrained(start, options);
  else
    complete_initialized(start);
  if (plus != std::string_view::npos) start.control = parse_control(text.substr(plus + 1), start);
  return start;
}

PretrainOptions pretrain_options(const Start& start, const PretrainOptions& options) {
  PretrainOptions own = options;
  own.pretrainer = {start.method};
  own.activation = start.activation;
  const auto suits = [&](const std::string& units) { return unit_type(units)->activation() == start.activation; };
  const bool named = start.name.find('@') != std::string::npos;
  if (start.method == kRbm && named && !std::all_of(own.hidden.begin(), own.hidden.end(), suits))
    own.hidden = {units_for(start)};
  return own;
}

}  // namespace dbn
