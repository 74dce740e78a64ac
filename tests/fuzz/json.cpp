#include <dbn/io/json.hpp>

#include <nlohmann/json.hpp>

#include "fuzz_target.hpp"

// What is read can be written, and reads the same.
int dbn::fuzz::json(Bytes bytes) {
  quote_for_message(text_of(bytes));
  return taken([&] {
    const nlohmann::json document = parse_json(text_of(bytes), "fuzz");
    if (parse_json(document.dump(), "fuzz") != document) throw std::logic_error("another document when written");
  });
}
