#include "training_speed.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/parallel.hpp>
#include <dbn/core/random.hpp>
#include <dbn/core/stopwatch.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/nn/optimizer.hpp>
#include <dbn/pretrain/pretrain.hpp>
#include <dbn/units/unit_type.hpp>

using namespace dbn;

namespace {

constexpr int kClasses = 10;
constexpr Index kTile = 128;  // of units or columns, about as training cuts them

/// Seconds of body(), the mean of as many runs as fill a twentieth of a second.
template <typename Body>
double mean_seconds(Body&& body) {
  body();
  const Stopwatch watch;
  int runs = 0;
  do {
    body();
    ++runs;
  } while (watch.seconds() < 0.05);
  return watch.seconds() / runs;
}

// Runs body(first, count) on tiles of `size` rows or columns.
void on_tiles(Index size, FunctionRef<void(Index, Index)> body) {
  const Tiles tiles(size, kTile);
  parallel_for(tiles.count(), [&](Index t) { body(tiles.first(t), tiles.length(t)); });
}

double draw_seconds(Index visible, Index hidden, Index batch) {
  const auto type = unit_type("bernoulli");
  const Stream stream(0, Purpose::hidden_states);
  const Matrix input = Matrix::Constant(std::max(visible, hidden), batch, Scalar{0.25});
  Matrix mean = input, states = input;
  const auto means = [&](Index first, Index count) {
    mean.middleRows(first, count) = input.middleRows(first, count);
    type->mean_in_place(mean.middleRows(first, count));
  };
  const auto samples = [&](Index first, Index count) {
    mean.middleRows(first, count) = input.middleRows(first, count);
    type->mean_and_states(stream, {.unit = static_cast<std::uint32_t>(first)}, mean.middleRows(first, count),
                          states.middleRows(first, count));
  };
  return mean_seconds([&] {
    on_tiles(hidden, samples);
    on_tiles(visible, means);
    on_tiles(hidden, means);
  });
}

double update_seconds(Index visible, Index hidden) {
  Matrix weights = Matrix::Constant(visible, hidden, Scalar{0.5});
  const Matrix gradient = Matrix::Constant(visible, hidden, Scalar{0.125});
  const auto momentum = optimizer("momentum").make({{named("weight", weights), 2e-4}}, {});
  return mean_seconds([&] {
    const auto tiles = [&](GradientSink sink) {
      on_tiles(hidden, [&](Index first, Index count) { sink(0, first, gradient.middleCols(first, count)); });
      return 0.0;
    };
    momentum->update(tiles, {0.01, 0.5}, 0);
  });
}

double gather_seconds(const PreparedCases& cases, Index batch) {
  Matrix out(cases.feature_count(), batch);
  const auto order = permutation(Stream(0, Purpose::batch_order), 1, cases.case_count());
  return mean_seconds([&] {
    for_each_batch(order, batch, [&](Index, std::span<const Index> chosen) {
      cases.gather_into(chosen, out.leftCols(static_cast<Index>(chosen.size())));
    });
  });
}

PretrainOptions divergence_options(Index hidden, Index batch) {
  PretrainOptions options;
  options.layers = {hidden};
  options.epochs = {2};
  options.batch = batch;
  return options;
}

}  // namespace

PreparedCases random_cases(Index features, Index cases) {
  const Stream stream(0, Purpose::synthetic_training);
  Dataset::Bytes bytes(features, cases);
  for (Index c = 0; c < cases; ++c)
    for (Index f = 0; f < features; ++f)
      bytes(f, c) = static_cast<std::uint8_t>(
          stream.bits({.instance = static_cast<std::uint32_t>(c), .unit = static_cast<std::uint32_t>(f)}) >> 24);
  auto dataset = std::make_shared<Dataset>(
      Dataset{.name = "random cases", .features = std::move(bytes), .labels = {}, .classes = {}, .shape = {features}});
  for (Index c = 0; c < cases; ++c) dataset->labels.push_back(static_cast<int>(c % kClasses));
  for (int k = 0; k < kClasses; ++k) dataset->classes.push_back(fmt::format("{}", k));
  const Preprocessing unit{"unit", Vector::Zero(1), Vector::Constant(1, Scalar{1} / 255)};
  return {std::move(dataset), all_cases(cases), unit};
}

double random_cases_memory(Index features, Index cases) {
  const auto count = static_cast<double>(cases);
  return static_cast<double>(features) * count + 2 * sizeof(int) * count + sizeof(Index) * count;
}

double divergence_epoch_seconds(const PreparedCases& cases, Index hidden, Index batch) {
  return pretrain(cases, nullptr, divergence_options(hidden, batch), 0).history.at(0).back().seconds;
}

double finetune_epoch_seconds(const PreparedCases& cases, const std::vector<Index>& sizes, Index batch) {
  const FinetuneOptions options{.epochs = 2, .batch = batch};
  return fine_tune(make_mlp(sizes, "sigmoid", "xavier", 0), cases, nullptr, options, 0).history.back().seconds;
}

DivergenceParts divergence_parts(const PreparedCases& cases, Index hidden, Index batch) {
  const double updates = static_cast<double>(cases.case_count()) / static_cast<double>(batch);
  return {.draws = updates * draw_seconds(cases.feature_count(), hidden, batch),
          .updates = updates * update_seconds(cases.feature_count(), hidden),
          .gather = gather_seconds(cases, batch)};
}

double divergence_memory(Index visible, Index hidden, Index batch, Index cases) {
  const double training = pretrain_memory(visible, divergence_options(hidden, batch), cases, 0);
  // Weights, their gradient and its velocity; inputs, means and states.
  const double weights = 3 * static_cast<double>(visible) * static_cast<double>(hidden);
  const double draws = 3 * static_cast<double>(std::max(visible, hidden)) * static_cast<double>(batch);
  return std::max(training, sizeof(Scalar) * std::max(weights, draws));
}
