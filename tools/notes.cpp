#include "notes.hpp"

#include <fmt/format.h>

#include "progress.hpp"

void note_only_prediction(const dbn::Evaluation& evaluation, const std::vector<std::string>& classes, bool quiet) {
  const auto only = evaluation.only_prediction();
  if (!only) return;
  Progress(quiet).line(
      fmt::format("dbn: note: every case was predicted as class '{}': the net tells nothing apart; try a ten times "
                  "smaller --learning-rate, more --epochs, or another start (dbn finetune --init he)",
                  classes[static_cast<std::size_t>(*only)]));
}
