#include <dbn/data/csv_reader.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::csv(Bytes bytes) {
  int count = taken([&] { read_csv_targets(bytes, "fuzz").check(); }) + taken([&] { read_csv_labels(bytes, "fuzz"); });
  for (const char* column : {"last", "none", "2", "y"})
    count += taken([&] { read_csv(bytes, "fuzz", {.label_column = column}).check(); });
  return count + taken([&] { read_csv(bytes, "fuzz", {.label_column = "1,last", .numeric_labels = true}).check(); });
}
