#include <dbn/core/table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>

namespace dbn {

void throw_unknown_row(std::string_view kind, std::string_view name, const std::vector<std::string>& known) {
  throw InvalidArgument(fmt::format("{}: expected one of {}, found '{}'", kind, fmt::join(known, ", "), name));
}

}  // namespace dbn
