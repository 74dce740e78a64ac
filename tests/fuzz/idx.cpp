#include <dbn/data/idx_reader.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::idx(Bytes bytes) {
  return taken([&] { read_idx(bytes, "fuzz", {}).check(); }) + taken([&] { read_idx_targets(bytes, "fuzz").check(); }) +
         taken([&] { read_idx_labels(bytes, "fuzz"); });
}
