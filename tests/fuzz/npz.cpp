#include <dbn/data/npz_reader.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::npz(Bytes bytes) {
  return taken([&] { read_npz(bytes, "fuzz", {}).check(); }) +
         taken([&] { read_npz(bytes, "fuzz", {.numeric_labels = true}).check(); }) +
         taken([&] { read_npz_targets(bytes, "fuzz").check(); }) + taken([&] { read_npz_labels(bytes, "fuzz"); }) +
         taken([&] { npz_member(bytes, "fuzz", "x"); });
}
