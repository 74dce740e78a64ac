#pragma once
// JSON objects of a record read strictly: every key is expected, of its type and within its limits.

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/types.hpp>
#include <dbn/io/json.hpp>

namespace dbn::detail {

/// One JSON object of a line: every key must be asked for, and none may be left.
class Fields {
  using json = nlohmann::json;
  static constexpr double kMost = std::numeric_limits<double>::max();

 public:
  /// `object` outlives this. `where` names file, line and place for messages.
  Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) refuse(fmt::format("expected an object, found {}", object.type_name()));
  }

  bool has(const char* key) const { return object_.contains(key); }

  const json& at(const char* key) {
    if (!has(key)) refuse(fmt::format("'{}' is missing", key));
    asked_.insert(key);
    return object_.at(key);
  }
  std::string text(const char* key) {
    const json& value = at(key);
    if (!value.is_string()) refuse(key, "a text", value);
    return value.get<std::string>();
  }
  bool flag(const char* key) {
    const json& value = at(key);
    if (!value.is_boolean()) refuse(key, "true or false", value);
    return value.get<bool>();
  }
  double number(const char* key, double least = -kMost, double most = kMost) {
    const json& value = at(key);
    if (!value.is_number()) refuse(key, "a number", value);
    const double found = value.get<double>();
    if (!(found >= least && found <= most)) refuse(key, fmt::format("a number from {} to {}", least, most), value);
    return found;
  }
  std::optional<double> number_or_null(const char* key, double least = -kMost, double most = kMost) {
    if (at(key).is_null()) return std::nullopt;
    return number(key, least, most);
  }
  std::uint64_t natural(const char* key) {
    const json& value = at(key);
    if (!value.is_number_unsigned()) refuse(key, "an integer from 0", value);
    return value.get<std::uint64_t>();
  }
  Index count(const char* key, Index least = 0) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
    const std::uint64_t found = natural(key);
    if (found > most || static_cast<Index>(found) < least)
      refuse(key, fmt::format("an integer from {} to {}", least, most), at(key));
    return static_cast<Index>(found);
  }
  const json& list(const char* key) {
    const json& value = at(key);
    if (!value.is_array()) refuse(key, "a list", value);
    return value;
  }
  std::vector<Index> counts(const char* key, Index least = 0) {
    std::vector<Index> found;
    for (const auto& entry : list(key)) {
      if (!entry.is_number_unsigned() || entry.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max() ||
          entry.get<Index>() < least)
        refuse(key, fmt::format("integers from {}", least), entry);
      found.push_back(entry.get<Index>());
    }
    return found;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> found;
    for (const auto& entry : list(key)) {
      if (!entry.is_string()) refuse(key, "texts", entry);
      found.push_back(entry.get<std::string>());
    }
    return found;
  }
  std::map<std::string, std::string> map(const char* key) {
    const json& value = at(key);
    if (!value.is_object()) refuse(key, "an object", value);
    std::map<std::string, std::string> found;
    for (const auto& [name, entry] : value.items()) {
      if (!entry.is_string()) refuse(key, "texts", entry);
      found[name] = entry.get<std::string>();
    }
    return found;
  }

  /// Throws when a key has not been asked for.
  void finish() const {
    for (const auto& [key, value] : object_.items())
      if (!asked_.contains(key)) refuse(fmt::format("unknown key {}", quote_for_message(key)));
  }
  [[noreturn]] void refuse(const std::string& what) const { throw DataError(fmt::format("{}: {}", where_, what)); }
  [[noreturn]] void refuse(const char* key, const std::string& expected, const json& found) const {
    refuse(fmt::format("'{}': expected {}, found {}", key, expected,
                       quote_for_message(found.dump(-1, ' ', true, json::error_handler_t::replace))));
  }
  const std::string& where() const { return where_; }

 private:
  const json& object_;
  std::string where_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace dbn::detail
