#include <dbn/data/case_source.hpp>

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>

namespace dbn {
namespace {

constexpr Index kCasesPerTile = 32;
constexpr Index kCasesAtOnce = 8;  // few enough for a first-level cache, many enough for one reading of a file

}  // namespace

PreparedCases::PreparedCases(std::shared_ptr<const Dataset> dataset, std::vector<Index> members,
                             Preprocessing preprocessing)
    : dataset_(std::move(dataset)), members_(std::move(members)), preprocessing_(std::move(preprocessing)) {
  const Index fitted = std::max(preprocessing_.shift.size(), preprocessing_.factor.size());
  if (fitted > 1 && fitted != dataset_->feature_count())
    throw InvalidArgument(fmt::format("{}: expected {} features, as the model was fitted on, found {}", dataset_->name,
                                      fitted, dataset_->feature_count()));
}

// Cases are scaled while they are in a first-level cache: one pass over the batch.
void PreparedCases::gather_into(std::span<const Index> cases, MatrixRef out) const {
  const Tiles tiles(static_cast<Index>(cases.size()), kCasesPerTile, 1);
  parallel_for(tiles.count(), [&](Index t) {
    std::array<Index, kCasesAtOnce> members;
    const Index end = tiles.first(t) + tiles.length(t);
    for (Index first = tiles.first(t); first < end; first += kCasesAtOnce) {
      const Index count = std::min(kCasesAtOnce, end - first);
      for (Index c = 0; c < count; ++c)
        members[static_cast<std::size_t>(c)] =
            members_[static_cast<std::size_t>(cases[static_cast<std::size_t>(first + c)])];
      const auto chosen = std::span<const Index>(members).first(static_cast<std::size_t>(count));
      MatrixRef columns = out.middleCols(first, count);
      dataset_->gather_into(chosen, columns);
      preprocessing_.apply(columns, chosen);
    }
  });
}

int PreparedCases::label(Index i) const {
  return dataset_->labelled() ? dataset_->labels[static_cast<std::size_t>(members_[static_cast<std::size_t>(i)])]
                              : kUnlabelled;
}

void PreparedCases::gather_targets_into(std::span<const Index> cases, MatrixRef out) const {
  for (std::size_t c = 0; c < cases.size(); ++c)
    out.col(static_cast<Index>(c)) = dataset_->targets.col(members_[static_cast<std::size_t>(cases[c])]);
}

std::vector<Index> all_cases(Index count) {
  std::vector<Index> cases(static_cast<std::size_t>(count));
  std::iota(cases.begin(), cases.end(), Index{0});
  return cases;
}

}  // namespace dbn
