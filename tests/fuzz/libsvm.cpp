#include <dbn/data/libsvm_reader.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::libsvm(Bytes bytes) {
  is_libsvm(bytes);
  int count = 0;
  for (const char* column : {"last", "none"})
    count += taken([&] { read_libsvm(bytes, "fuzz", {.label_column = column}).check(); });
  return count + taken([&] { read_libsvm(bytes, "fuzz", {.numeric_labels = true}).check(); });
}
