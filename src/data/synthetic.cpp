#include <dbn/data/synthetic.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>

#include "synthetic_generators.hpp"

namespace dbn {
namespace {

constexpr std::string_view kSynthetic = "synthetic:";

}  // namespace

const std::vector<SyntheticDataset>& synthetic_datasets() {
  static const std::vector<SyntheticDataset> table = {
      {.name = "bars-and-stripes",
       .description = "4 x 4 black and white images of bars or stripes, 30 in all; each 32 cases have their exact "
                      "distribution [MacKay 2003]",
       .default_training = 1024,
       .default_test = 1024,
       .make = detail::make_bars_and_stripes},
      {.name = "convex",
       .description = "28 x 28 sets of pixels, convex or not, of equal mean area [Larochelle et al. 2007]",
       .default_training = 8000,
       .default_test = 10000,
       .make = detail::make_convex},
      {.name = "curves",
       .description = "28 x 28 grey images of smooth curves through three random points, without labels [Hinton & "
                      "Salakhutdinov 2006]",
       .default_training = 20000,
       .default_test = 10000,
       .make = detail::make_curves},
      {.name = "digits",
       .description = "28 x 28 grey images of the ten digits in varying handwriting",
       .default_training = 5000,
       .default_test = 2000,
       .make = detail::make_digits},
      {.name = "rectangles",
       .description = "28 x 28 outlines of rectangles that are tall or wide [Larochelle et al. 2007]",
       .default_training = 1000,
       .default_test = 10000,
       .make = detail::make_rectangles},
      {.name = "seed-linear",
       .description = "100 features drawn from N(0, 1); the class says whether their sum is positive",
       .default_training = 1000,
       .default_test = 1000,
       .make = detail::make_seed_linear},
  };
  return table;
}

const SyntheticDataset& synthetic_dataset(std::string_view name) {
  const auto& table = synthetic_datasets();
  const auto row = std::ranges::find(table, name, &SyntheticDataset::name);
  if (row != table.end()) return *row;
  std::vector<std::string> names;
  for (const SyntheticDataset& known : table) names.push_back(known.name);
  throw InvalidArgument(
      fmt::format("synthetic data set: expected one of {}, found '{}'", fmt::join(names, ", "), name));
}

bool SyntheticSpec::is(std::string_view text) { return text.starts_with(kSynthetic); }

SyntheticSpec SyntheticSpec::parse(std::string_view text) {
  const auto parts = split_list(text);
  if (!is(text)) throw InvalidArgument(fmt::format("expected {}NAME, found '{}'", kSynthetic, text));
  SyntheticSpec spec;
  spec.generator = &synthetic_dataset(std::string_view(parts[0]).substr(kSynthetic.size()));
  spec.training = spec.generator->default_training;
  spec.test = spec.generator->default_test;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    const std::string key = parts[i].substr(0, equals);
    const std::string what = fmt::format("{} in {}", key, text);
    Index* target = key == "cases" ? &spec.training : key == "test" ? &spec.test : key == "seed" ? &spec.seed : nullptr;
    if (target == nullptr || equals == std::string::npos)
      throw InvalidArgument(fmt::format("{}: expected cases=N, test=N or seed=N, found '{}'", text, parts[i]));
    *target = parse_integer(std::string_view(parts[i]).substr(equals + 1), what);
    if (*target < 0) throw InvalidArgument(fmt::format("{}: expected at least 0, found {}", what, *target));
  }
  if (spec.training == 0) throw InvalidArgument(fmt::format("{}: expected at least one case", text));
  return spec;
}

void detail::check_case_count(const std::string& name, Index cases) {
  // A case number is one 32-bit coordinate of a draw's position.
  constexpr Index kMostCases = 0xFFFFFFFF;
  if (cases < 1 || cases > kMostCases)
    throw InvalidArgument(fmt::format("synthetic:{}: expected 1 to {} cases, found {}", name, kMostCases, cases));
}

Dataset detail::black_images(const std::string& name, const std::vector<std::string>& classes, Index cases) {
  check_case_count(name, cases);
  return {.name = "synthetic:" + name,
          .features = Dataset::Bytes(Dataset::Bytes::Zero(kImageSide * kImageSide, cases)),
          .labels = std::vector<int>(static_cast<std::size_t>(cases), 0),
          .classes = classes,
          .shape = {kImageSide, kImageSide}};
}

}  // namespace dbn
