#include <dbn/model/model_file.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::model(Bytes bytes) {
  return taken([&] { load_model(decode_safetensors(bytes, "fuzz"), "fuzz"); });
}
