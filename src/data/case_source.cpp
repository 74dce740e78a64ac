#include <dbn/data/case_source.hpp>

#include <numeric>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>

namespace dbn {
namespace {

constexpr Index kCasesPerTile = 32;

}  // namespace

PreparedCases::PreparedCases(std::shared_ptr<const Dataset> dataset, std::vector<Index> members,
                             Preprocessing preprocessing)
    : dataset_(std::move(dataset)), members_(std::move(members)), preprocessing_(std::move(preprocessing)) {
  const Index fitted = std::max(preprocessing_.shift.size(), preprocessing_.factor.size());
  if (fitted > 1 && fitted != dataset_->feature_count())
    throw InvalidArgument(fmt::format("{}: expected {} features, as the model was fitted on, found {}", dataset_->name,
                                      fitted, dataset_->feature_count()));
}

// A case is scaled while it is in a first-level cache: one pass over the batch.
void PreparedCases::gather_into(std::span<const Index> cases, MatrixRef out) const {
  const Tiles tiles(static_cast<Index>(cases.size()), kCasesPerTile, 1);
  parallel_for(tiles.count(), [&](Index t) {
    for (Index c = tiles.first(t); c < tiles.first(t) + tiles.length(t); ++c) {
      const Index member = members_[static_cast<std::size_t>(cases[static_cast<std::size_t>(c)])];
      MatrixRef column = out.middleCols(c, 1);
      dataset_->gather_into({&member, 1}, column);
      preprocessing_.apply(column, {&member, 1});
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
