#pragma once
// What SciPy made of small samples, from the file of make_statistics_fixture.py.

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/io/file.hpp>
#include <dbn/io/json.hpp>

namespace dbn::test {

/// The rows under a key.
inline nlohmann::json statistics_fixture(const std::string& key) {
  const std::string path = std::string(DBN_SOURCE_DIR) + "/tests/fixtures/statistics.json";
  const ByteBuffer bytes = read_file(path);
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path).at(key);
}

inline void expect_limits(const std::array<double, 2>& found, const nlohmann::json& expected, double tolerance) {
  EXPECT_NEAR(found[0], expected.at(0).get<double>(), tolerance);
  EXPECT_NEAR(found[1], expected.at(1).get<double>(), tolerance);
}

}  // namespace dbn::test
