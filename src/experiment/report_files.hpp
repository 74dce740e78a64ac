#pragma once
// The parts of a report that no record changes, as CMake embeds them in the library: src/experiment/report/ and
// Chart.js.

#include <array>
#include <cstdint>
#include <string_view>

namespace dbn::detail {

/// A text with its SHA-256, by which the page's policy lets the browser take it.
struct ReportFile {
  std::string_view text;
  std::array<std::uint8_t, 32> hash;
};

ReportFile report_page();    ///< with {{NAME}} where something is filled in
ReportFile report_style();   ///< CSS
ReportFile report_charts();  ///< Chart.js
ReportFile report_script();  ///< all else that runs in the page

}  // namespace dbn::detail
