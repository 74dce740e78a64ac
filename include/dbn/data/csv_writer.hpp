#pragma once
// Cases as CSV text that read_csv reads back to the same values.

#include <string>
#include <string_view>

#include <dbn/data/dataset.hpp>

namespace dbn {

/// A text as one CSV field: quoted when it holds a comma, a quote or a line end.
std::string csv_field(std::string_view text);

/// A header x1,x2,...[,label] and one line a case; an unlabelled case has an empty label.
std::string to_csv(const Dataset& dataset);

}  // namespace dbn
