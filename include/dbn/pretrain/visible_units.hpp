#pragma once
// The unit type that suits what the columns of a table hold.

#include <string>

#include <dbn/data/case_source.hpp>
#include <dbn/pretrain/pretrain_options.hpp>

namespace dbn {

/// What `options.visible` stands for over these cases: itself, unless it is `auto`. That is bernoulli, but where the
/// first layer is an RBM over columns of categories: a softmax group for each of these then, and between them groups
/// for numbers, bernoulli or, where one of the numbers, as scaled, is negative, gaussian.
std::string visible_units(const PretrainOptions& options, const PreparedCases& training);

}  // namespace dbn
