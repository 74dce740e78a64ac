#pragma once
// The text of a field of a CSV table.

#include <string>
#include <string_view>

namespace dbn {

/// A text as one CSV field: quoted when it holds a separator, a quote or a line end, or begins or ends with a blank,
/// which a reader would drop.
std::string csv_field(std::string_view text);

}  // namespace dbn
