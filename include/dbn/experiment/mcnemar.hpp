#pragma once
// Two nets on the same test cases: only the cases that one gets right and the other wrong tell them apart.

#include <dbn/core/types.hpp>

namespace dbn {

/// Two-sided p-values of McNemar's test.
struct McNemarTest {
  double p_exact = 1;  ///< never too small; too large with few cases
  double p_mid = 1;    ///< half of the probability of what was seen left out: nearer to its level
};

/// McNemar's test [1947] of `only_first` cases that only the first net gets wrong and `only_second` that only the
/// second does: exact by the binomial distribution, and mid-p [Fagerland, Lydersen & Laake 2013, section "The McNemar
/// mid-p test"]. Both are 1 without such cases. It takes cases for independent and asks about these nets, not about
/// their starts: with counts summed over seeds the same test case counts once for each, and p comes out too small.
/// Throws InvalidArgument for negative counts.
McNemarTest mcnemar(Index only_first, Index only_second);

}  // namespace dbn
