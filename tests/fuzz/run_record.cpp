#include <dbn/experiment/run_record.hpp>

#include <stdexcept>

#include "fuzz_target.hpp"

// What is read can be written, and reads the same.
int dbn::fuzz::run_record(Bytes bytes) {
  return taken([&] {
    const std::string lines = to_json_lines(parse_run_record(text_of(bytes), "fuzz"));
    if (to_json_lines(parse_run_record(lines, "fuzz")) != lines) throw std::logic_error("another record when written");
  });
}
