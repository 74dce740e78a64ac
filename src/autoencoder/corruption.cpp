#include <dbn/autoencoder/corruption.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/table.hpp>

namespace dbn {
namespace {

void leave(const Stream&, double, std::uint32_t, std::span<const Index>, MatrixRef) {}

void mask(const Stream& stream, double strength, std::uint32_t epoch, std::span<const Index> cases, MatrixRef batch) {
  parallel_for(batch.cols(), [&](Index c) {
    static thread_local Vector uniforms;
    if (uniforms.size() != batch.rows()) uniforms.resize(batch.rows());
    const auto instance = static_cast<std::uint32_t>(cases[static_cast<std::size_t>(c)]);
    stream.uniforms_into({.update = epoch, .instance = instance},
                         {uniforms.data(), static_cast<std::size_t>(uniforms.size())});
    batch.col(c).array() *= (uniforms.array() >= static_cast<Scalar>(strength)).cast<Scalar>();
  });
}

}  // namespace

const std::vector<CorruptionKind>& corruptions() {
  static const std::vector<CorruptionKind> table{{"none", 0, &leave}, {"masking", 1, &mask}};
  return table;
}

Corruption Corruption::parse(std::string_view text, std::string_view option) {
  const auto colon = text.find(':');
  const auto& kind = row_named(corruptions(), text.substr(0, colon), option);
  const bool has_strength = colon != std::string_view::npos;
  const double strength = has_strength ? parse_number(text.substr(colon + 1), option) : 0;
  if (has_strength != (kind.most > 0) || strength < 0 || strength > kind.most)
    throw InvalidArgument(fmt::format("{}: expected none, or masking:P with P from 0 to 1, found '{}'", option, text));
  return {&kind, strength};
}

}  // namespace dbn
