#include <dbn/core/option.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <dbn/autoencoder/corruption.hpp>
#include <dbn/core/memory.hpp>
#include <dbn/data/binarization.hpp>
#include <dbn/data/split.hpp>
#include <dbn/data/synthetic.hpp>
#include <dbn/experiment/start.hpp>
#include <dbn/model/checkpoint_folder.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/pretrain/pretrain_options.hpp>
#include <dbn/rbm/annealed_importance.hpp>
#include <dbn/rbm/estimator.hpp>
#include <dbn/units/unit_type.hpp>

#include "fuzz_target.hpp"

namespace {

using namespace dbn;

/// "NAME VALUE" sets an option of layer-wise training; the text that says so sets it to the same.
void set_field(std::string_view text) {
  PretrainOptions options;
  const std::size_t space = std::min(text.find(' '), text.size());
  for (const auto& field : options.fields()) {
    if (field.name != text.substr(0, space)) continue;
    set_option(field, text.substr(std::min(space + 1, text.size())));
    const std::string set = option_text(field);
    set_option(field, set);
    if (option_text(field) != set) throw std::logic_error(field.name + " is not what its own text says");
  }
  options.validate();
}

void split(std::string_view text) {
  Dataset dataset;
  dataset.features = Matrix(1, 10);
  split_validation(dataset, std::string(text), 0);
}

struct OptionKind {
  std::string_view name;
  void (*parse)(std::string_view text);
};

constexpr OptionKind kKinds[] = {
    {"betas", [](std::string_view text) { parse_betas(text, "fuzz"); }},
    {"binarize", [](std::string_view text) { Binarization::parse(text, 0); }},
    {"checkpoint", [](std::string_view text) { CheckpointSchedule::parse(text, "fuzz"); }},
    {"corruption", [](std::string_view text) { Corruption::parse(text, "fuzz"); }},
    {"integer", [](std::string_view text) { parse_integer(text, "fuzz"); }},
    {"list", [](std::string_view text) { split_list(text); }},
    {"memory", [](std::string_view text) { parse_memory_size(text, "fuzz"); }},
    {"number", [](std::string_view text) { parse_number(text, "fuzz"); }},
    {"pretrain", set_field},
    {"schedule", [](std::string_view text) { StepSchedule::parse(text, "fuzz", 1).at(3); }},
    {"start", [](std::string_view text) { parse_start(text, {}); }},
    {"statistics", [](std::string_view text) { StatisticsRule::parse(text); }},
    {"synthetic", [](std::string_view text) { SyntheticSpec::parse(text); }},
    {"units", [](std::string_view text) { unit_type(text); }},
    {"validation", split},
};

}  // namespace

// The first word says whose value the rest is.
int dbn::fuzz::options(Bytes bytes) {
  const std::string_view text = text_of(bytes);
  const std::size_t space = std::min(text.find(' '), text.size());
  for (const OptionKind& kind : kKinds)
    if (kind.name == text.substr(0, space))
      return taken<InvalidArgument>([&] { kind.parse(text.substr(std::min(space + 1, text.size()))); });
  return 0;
}
