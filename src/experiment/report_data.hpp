#pragma once
// The numbers that a report shows, as the JSON object that stands in its page.

#include <nlohmann/json_fwd.hpp>

#include <dbn/experiment/comparison_result.hpp>

namespace dbn::detail {

/// Everything in the record but which test cases each net errs on, with what `result` says of it. Curves are rounded to
/// six significant digits, more than a chart shows; all other numbers are the record's own.
nlohmann::json report_data(const ComparisonRecord& record, const ComparisonResult& result);

}  // namespace dbn::detail
