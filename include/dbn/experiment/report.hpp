#pragma once
// The report of a comparison: one HTML page that opens without a network.

#include <string>

#include <dbn/experiment/comparison_result.hpp>

namespace dbn {

/// The page, as UTF-8: charts by Chart.js, everything else by the page's own script from the record's numbers, which
/// stand in it as JSON. Whatever comes from data or command line is shown as text, never as markup. The same record
/// gives the same bytes.
std::string report_html(const ComparisonRecord& record);

}  // namespace dbn
