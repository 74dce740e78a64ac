#pragma once
// The report of a comparison: one HTML page that opens without a network.

#include <string>
#include <string_view>

#include <dbn/experiment/comparison_result.hpp>

namespace dbn {

/// Stands near the beginning of every page.
inline constexpr std::string_view kReportMark = R"(<meta name="generator" content="dbn )";

/// The page, as UTF-8: charts by Chart.js, everything else by the page's own script from the record's numbers, which
/// stand in it as JSON. Whatever comes from data or command line is shown as text, never as markup. The same record
/// gives the same bytes.
std::string report_html(const ComparisonRecord& record);

}  // namespace dbn
