#include <dbn/autoencoder/corruption.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/table.hpp>

namespace dbn {
namespace {

using Cases = std::span<const Index>;

constexpr Index kCasesPerTile = 32;

// Calls body(column) for every case, on all threads.
void for_each_case(Index cases, FunctionRef<void(Index)> body) {
  const Tiles tiles(cases, kCasesPerTile, 1);
  parallel_for(tiles.count(), [&](Index t) {
    for (Index c = tiles.first(t); c < tiles.first(t) + tiles.length(t); ++c) body(c);
  });
}

void leave(const Stream&, double, std::uint32_t, Cases, const ConstMatrixRef& clean, MatrixRef corrupted) {
  for_each_case(clean.cols(), [&](Index c) { corrupted.col(c) = clean.col(c); });
}

// A feature stays where its uniform reaches the strength.
void mask(const Stream& stream, double strength, std::uint32_t epoch, Cases cases, const ConstMatrixRef& clean,
          MatrixRef corrupted) {
  for_each_case(clean.cols(), [&](Index c) {
    const Position at{.update = epoch, .instance = static_cast<std::uint32_t>(cases[static_cast<std::size_t>(c)])};
    stream.uniforms_into(at, {corrupted.col(c).data(), static_cast<std::size_t>(corrupted.rows())});
    corrupted.col(c).array() =
        clean.col(c).array() * (corrupted.col(c).array() >= static_cast<Scalar>(strength)).cast<Scalar>();
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
