#include "net_portrait.hpp"

#include <algorithm>
#include <cmath>

#include <dbn/core/error.hpp>
#include <dbn/rbm/gibbs.hpp>

namespace dbn::detail {
namespace {

constexpr Index kProfiled = 500;
constexpr Index kPictures = 16;
constexpr Index kRemembered = 8;
constexpr Index kGibbsSteps = 1000;
constexpr Index kMostPixels = 64 * 64;

std::vector<LayerProfile> profile(const Mlp& net, const PreparedCases& cases) {
  const auto some = all_cases(std::min(kProfiled, cases.case_count()));
  Matrix batch(cases.feature_count(), std::ssize(some));
  cases.gather_into(some, batch);
  std::vector<int> labels;
  for (const Index i : some) labels.push_back(cases.label(i));
  return start_profile(net, batch, labels);
}

// Weights as gray: their size relative to the largest of the picture, around 128.
std::vector<std::uint8_t> picture(const ConstMatrixRef& weights) {
  const double largest = static_cast<double>(weights.cwiseAbs().maxCoeff());
  std::vector<std::uint8_t> pixels;
  for (const Scalar weight : weights.reshaped()) {
    const double share = largest > 0 ? static_cast<double>(weight) / largest : 0;
    pixels.push_back(static_cast<std::uint8_t>(std::lround(128 + 127 * share)));
  }
  return pixels;
}

// Features as gray, from black for the least to white for the most of a range.
void add_pictures(Pictures& pictures, const Matrix& cases, const ValueRange& range) {
  for (Index i = 0; i < cases.cols(); ++i) {
    auto& pixels = pictures.pixels.emplace_back();
    for (const Scalar value : cases.col(i)) {
      const double share = (static_cast<double>(value) - range.first) / (range.second - range.first);
      pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0))));
    }
  }
}

ValueRange range_of(const Matrix& values) {
  const auto least = static_cast<double>(values.minCoeff()), most = static_cast<double>(values.maxCoeff());
  return {least, most > least ? most : least + 1};
}

// What the layer of that number sees becomes cases, by means from layer to layer.
Matrix down(const Stack& stack, std::size_t layer, Matrix codes) {
  while (layer-- > 0) codes = decode(stack.layers[layer], codes);
  return codes;
}

}  // namespace

RunProfile run_profile(const Mlp& start, const PreparedCases& labelled, const FinetuneOptions& options,
                       std::uint64_t seed) {
  FinetuneOptions one = options;
  one.epochs = 1;
  one.min_updates = one.patience = one.head_epochs = 0;
  one.average_decay = 0;
  one.schedule = {.name = "constant"};
  RunProfile found{.at_start = profile(start, labelled), .after_epoch = {}};
  try {
    found.after_epoch = profile(fine_tune(start, labelled, nullptr, one, seed).net, labelled);
  } catch (const DivergenceError&) {
    // The run itself tells of it.
  }
  return found;
}

// The start is kept while the epoch is trained. A profile takes a batch with all its activations and gradients, and of
// the largest layer its weights in double with their Gram matrix, whose eigenvalues work in as much again.
double profile_memory(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases) {
  double units = 0;
  double singular = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    units += static_cast<double>(sizes[i]);
    if (i == 0) continue;
    const auto in = static_cast<double>(sizes[i - 1]);
    const auto out = static_cast<double>(sizes[i]);
    singular = std::max(singular, sizeof(double) * (in * out + 2 * std::min(in, out) * std::min(in, out)));
  }
  const double start = sizeof(Scalar) * parameter_count(sizes);
  const double batch = sizeof(Scalar) * static_cast<double>(std::min(kProfiled, cases)) * 2 * units;
  return start + std::max(fine_tune_memory(sizes, options, cases), start + batch + singular);
}

bool are_pictures(const std::vector<Index>& shape) { return shape.size() == 2 && shape[0] * shape[1] <= kMostPixels; }

std::optional<Pictures> filter_pictures(const Mlp& net, const std::vector<Index>& shape) {
  if (!are_pictures(shape)) return std::nullopt;
  Pictures filters{.height = shape[0], .width = shape[1], .pixels = {}};
  const Matrix& weights = net.layers.front().weights;
  for (Index unit = 0; unit < std::min(kPictures, weights.cols()); ++unit)
    filters.pixels.push_back(picture(weights.col(unit)));
  return filters;
}

StackPictures stack_pictures(const Stack& stack, const PreparedCases& cases, const std::vector<Index>& shape,
                             std::uint64_t seed) {
  StackPictures found;
  if (!are_pictures(shape)) return found;
  Matrix seen(cases.feature_count(), std::min(kRemembered, cases.case_count()));
  cases.gather_into(all_cases(seen.cols()), seen);
  Matrix codes = seen;
  for (const auto& layer : stack.layers) codes = encode(layer, codes);
  Matrix back = down(stack, stack.layers.size(), codes);
  cases.preprocessing().invert(seen);
  cases.preprocessing().invert(back);
  const ValueRange range = range_of(seen);
  found.reconstructions = {.height = shape[0], .width = shape[1], .pixels = {}};
  add_pictures(*found.reconstructions, seen, range);
  add_pictures(*found.reconstructions, back, range);
  const auto* top = std::get_if<Rbm>(&stack.layers.back());
  if (top == nullptr) return found;
  try {
    Matrix draws = sample(*top, {.count = kRemembered, .steps = kGibbsSteps}, seed);
    draws = down(stack, stack.layers.size() - 1, draws);
    cases.preprocessing().invert(draws);
    found.samples = {.height = shape[0], .width = shape[1], .pixels = {}};
    add_pictures(*found.samples, draws, range);
  } catch (const DivergenceError&) {
    // There is nothing to show.
  }
  return found;
}

}  // namespace dbn::detail
