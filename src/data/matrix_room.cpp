#include "matrix_room.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/memory.hpp>

namespace dbn::detail {

void check_matrix_room(const MeantMatrix& matrix, std::size_t file_bytes, const std::string& name) {
  constexpr double kMostExpansion = 1000;
  constexpr double kAlwaysTaken = 64.0 * 1024 * 1024;
  constexpr double kShare = 0.9;
  constexpr double kSmall = 1024.0 * 1024;  // no question to ask the system, which takes longer than to read it
  const double needed = static_cast<double>(matrix.cases) * static_cast<double>(matrix.features) *
                        static_cast<double>(matrix.element_bytes);
  if (needed <= kSmall) return;
  const double meant = std::max(kAlwaysTaken, kMostExpansion * static_cast<double>(file_bytes));
  const double left = kShare * (available_memory() - resident_memory());
  if (needed > std::min(meant, left))
    throw DataError(fmt::format("{}: {} {} take {} as a matrix, expected at most {}, {}; use fewer features, or cases",
                                name, matrix.cases, matrix.cause, memory_text(needed),
                                memory_text(std::min(meant, left)),
                                meant < left ? "for a file so short" : "which is left of the memory"));
}

}  // namespace dbn::detail
