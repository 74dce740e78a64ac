#include "case_map.hpp"

#include <algorithm>
#include <numeric>

using namespace dbn;

void for_each_mapped(const CaseSource& cases, const CaseMap& map,
                     FunctionRef<void(Index first, const Matrix& data, const Matrix& results)> visit) {
  for_each_batch(all_cases(cases.case_count()), kCaseBatch, [&](Index first, std::span<const Index> numbers) {
    Matrix data(cases.feature_count(), std::ssize(numbers));
    cases.gather_into(numbers, data);
    visit(first, data, map.apply(data, first));
  });
}

// Twice: what a layer sees beside its statistics, and what it gives beside what was read.
double batch_memory(const CaseMap& map, Index cases) {
  const double units = std::accumulate(map.sizes.begin(), map.sizes.end(), 0.0);
  return sizeof(Scalar) * 2 * units * static_cast<double>(std::min(cases, kCaseBatch));
}
