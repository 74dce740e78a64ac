#include <dbn/data/binarization.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>
#include <dbn/core/random.hpp>

namespace dbn {
namespace {

constexpr std::string_view kThreshold = "threshold:";

}  // namespace

Binarization Binarization::parse(std::string_view text, std::uint64_t seed, std::string_view what) {
  if (text == "none") return {};
  if (text == "sample") return {.rule = Rule::sample, .threshold = 0, .seed = seed};
  if (!text.starts_with(kThreshold))
    throw InvalidArgument(fmt::format("{}: expected none, threshold:T or sample, found '{}'", what, text));
  return {.rule = Rule::threshold, .threshold = parse_number(text.substr(kThreshold.size()), what), .seed = 0};
}

std::string Binarization::text() const {
  if (rule == Rule::none) return "none";
  return rule == Rule::sample ? "sample" : fmt::format("{}{}", kThreshold, threshold);
}

// The threshold is rounded as values are: 0.1 is not above 0.1.
void Binarization::apply(Index number, VectorRef values) const {
  if (rule == Rule::threshold) {
    values = (values.array() > static_cast<Scalar>(threshold)).cast<Scalar>().eval();
  } else if (rule == Rule::sample) {
    const std::span<Scalar> all(values.data(), static_cast<std::size_t>(values.size()));
    Stream(seed, Purpose::binarization).bernoulli_into({.instance = static_cast<std::uint32_t>(number)}, all, all);
  }
}

}  // namespace dbn
