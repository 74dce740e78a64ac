#include <dbn/data/npy_reader.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::npy(Bytes bytes) {
  return taken([&] { read_npy(bytes, "fuzz", {}).check(); }) + taken([&] { read_npy_targets(bytes, "fuzz").check(); }) +
         taken([&] { read_npy_labels(bytes, "fuzz"); });
}
