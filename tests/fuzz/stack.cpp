#include <dbn/model/stack_file.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::stack(Bytes bytes) {
  return taken([&] { load_stack(decode_safetensors(bytes, "fuzz"), "fuzz"); });
}
