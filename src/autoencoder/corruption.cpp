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

Position position(std::uint32_t epoch, Cases cases, Index column) {
  return {.update = epoch, .instance = static_cast<std::uint32_t>(cases[static_cast<std::size_t>(column)])};
}

std::span<Scalar> features_of(MatrixRef& batch, Index column) {
  return {batch.col(column).data(), static_cast<std::size_t>(batch.rows())};
}

void leave(const Stream&, double, std::uint32_t, Cases, const ConstMatrixRef& clean, MatrixRef corrupted,
           MatrixRef* touched) {
  for_each_case(clean.cols(), [&](Index c) { corrupted.col(c) = clean.col(c); });
  if (touched != nullptr) touched->setZero();
}

// A uniform for each feature, and the features chosen whose uniform falls below the strength.
void choose(const Stream& stream, double strength, Position at, Index column, MatrixRef& uniforms, MatrixRef* touched) {
  stream.uniforms_into(at, features_of(uniforms, column));
  if (touched != nullptr)
    touched->col(column).array() = (uniforms.col(column).array() < static_cast<Scalar>(strength)).cast<Scalar>();
}

void mask(const Stream& stream, double strength, std::uint32_t epoch, Cases cases, const ConstMatrixRef& clean,
          MatrixRef corrupted, MatrixRef* touched) {
  for_each_case(clean.cols(), [&](Index c) {
    choose(stream, strength, position(epoch, cases, c), c, corrupted, touched);
    corrupted.col(c).array() =
        clean.col(c).array() * (corrupted.col(c).array() >= static_cast<Scalar>(strength)).cast<Scalar>();
  });
}

// The draw that chooses a feature is the coin too: of those below the strength, half are below half of it.
void salt_and_pepper(const Stream& stream, double strength, std::uint32_t epoch, Cases cases,
                     const ConstMatrixRef& clean, MatrixRef corrupted, MatrixRef* touched) {
  const auto chosen = static_cast<Scalar>(strength), least = chosen / 2;
  for_each_case(clean.cols(), [&](Index c) {
    choose(stream, strength, position(epoch, cases, c), c, corrupted, touched);
    for (Index r = 0; r < clean.rows(); ++r) {
      const Scalar uniform = corrupted(r, c);
      corrupted(r, c) = uniform < least ? Scalar{0} : uniform < chosen ? Scalar{1} : clean(r, c);
    }
  });
}

void add_gaussian(const Stream& stream, double strength, std::uint32_t epoch, Cases cases, const ConstMatrixRef& clean,
                  MatrixRef corrupted, MatrixRef* touched) {
  for_each_case(clean.cols(), [&](Index c) {
    corrupted.col(c).setZero();
    stream.add_normals(position(epoch, cases, c), features_of(corrupted, c));
    // Two statements, so that no compiler fuses them in some places of a column and not in others.
    corrupted.col(c) *= static_cast<Scalar>(strength);
    corrupted.col(c) += clean.col(c);
  });
  if (touched != nullptr) touched->setOnes();
}

std::string kind_text(const CorruptionKind& kind) {
  if (kind.strength.empty()) return kind.name;
  return fmt::format("{}:{} with {} from 0 to {}", kind.name, kind.strength, kind.strength, kind.most);
}

}  // namespace

const std::vector<CorruptionKind>& corruptions() {
  static const std::vector<CorruptionKind> table{{"none", "", 0, &leave},
                                                 {"masking", "P", 1, &mask},
                                                 {"salt-and-pepper", "P", 1, &salt_and_pepper},
                                                 {"gaussian", "S", 10, &add_gaussian, true}};
  return table;
}

std::string corruption_domain() {
  std::string text;
  for (const auto& kind : corruptions()) text += (text.empty() ? "" : ", ") + kind_text(kind);
  return text;
}

Corruption Corruption::parse(std::string_view text, std::string_view option) {
  const auto colon = text.find(':');
  const auto& kind = row_named(corruptions(), text.substr(0, colon), option);
  const bool has_strength = colon != std::string_view::npos;
  const double strength = has_strength ? parse_number(text.substr(colon + 1), option) : 0;
  if (has_strength == kind.strength.empty() || strength < 0 || strength > kind.most)
    throw InvalidArgument(fmt::format("{}: expected one of {}; found '{}'", option, corruption_domain(), text));
  return {&kind, strength};
}

}  // namespace dbn
