#include <dbn/io/safetensors.hpp>

#include "fuzz_target.hpp"

// What the reader takes the writer writes, and the reader takes that.
int dbn::fuzz::safetensors(Bytes bytes) {
  return taken([&] {
    const ByteBuffer written = encode_safetensors(decode_safetensors(bytes, "fuzz"));
    decode_safetensors(written, "fuzz");
  });
}
