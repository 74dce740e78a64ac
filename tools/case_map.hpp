#pragma once
// What a stack or model makes of cases, batch by batch.

#include <functional>
#include <vector>

#include <dbn/core/function_ref.hpp>
#include <dbn/core/types.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/rbm/gibbs.hpp>

/// Cases that go through together. Batches begin at multiples of it: draws follow from where in which batch a case is,
/// and so from its number alone.
inline constexpr dbn::Index kCaseBatch = dbn::kChainBlock;

/// A way for cases to go.
struct CaseMap {
  dbn::Index layer = 0;           ///< where it ends or turns, counted from 1 at the data
  std::vector<dbn::Index> sizes;  ///< of features, of every layer on the way, and of the results
  /// Results (units x cases) of data (features x cases), the first of which has that number.
  std::function<dbn::Matrix(const dbn::Matrix& data, dbn::Index first)> apply;

  dbn::Index feature_count() const { return sizes.front(); }
  dbn::Index result_count() const { return sizes.back(); }
};

/// Calls visit(first, data, results) for batch after batch, in order.
void for_each_mapped(
    const dbn::CaseSource& cases, const CaseMap& map,
    dbn::FunctionRef<void(dbn::Index first, const dbn::Matrix& data, const dbn::Matrix& results)> visit);

/// Bytes that a batch of so many cases in all takes on its way.
double batch_memory(const CaseMap& map, dbn::Index cases);
