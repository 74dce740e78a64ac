#pragma once
// What cases are labelled as, for CSV tables about them: last columns, which read_csv takes for labels by itself.

#include <string>

#include <dbn/data/case_source.hpp>

/// ",label", or a comma and a name for each target; empty when cases have neither.
std::string label_header(const dbn::PreparedCases& cases);

/// What stands below it for case i: its class, nothing where it has none, or its targets.
std::string label_fields(const dbn::PreparedCases& cases, dbn::Index i);
