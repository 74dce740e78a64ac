#include <dbn/model/checkpoint_file.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::checkpoint(Bytes bytes) {
  return taken([&] { load_checkpoint(decode_safetensors(bytes, "fuzz"), "fuzz"); });
}
