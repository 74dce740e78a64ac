// Any bytes at all, given to everything that reads bytes: the one allowed answer besides success is DataError.

#include <cstdint>
#include <span>

#include <dbn/core/error.hpp>
#include <dbn/data/format.hpp>
#include <dbn/io/gzip.hpp>
#include <dbn/io/safetensors.hpp>

namespace {

constexpr std::size_t kGunzipLimit = std::size_t{1} << 20;

template <typename Reader>
void read(Reader reader) {
  try {
    reader();
  } catch (const dbn::DataError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  for (const dbn::Format& format : dbn::formats()) {
    read([&] { format.read(bytes, "fuzz", {}).check(); });
    read([&] { format.read(bytes, "fuzz", {.label_column = "1,last", .numeric_labels = true}).check(); });
    if (format.read_targets != nullptr) read([&] { format.read_targets(bytes, "fuzz"); });
    if (format.read_labels != nullptr) read([&] { format.read_labels(bytes, "fuzz"); });
  }
  read([&] { dbn::gunzip(bytes, "fuzz", kGunzipLimit); });
  read([&] { dbn::decode_safetensors(bytes, "fuzz"); });
  return 0;
}
