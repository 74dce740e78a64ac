#include <dbn/io/gzip.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::gzip(Bytes bytes) {
  constexpr std::size_t kLimit = std::size_t{1} << 16;
  return taken([&] { gunzip(bytes, "fuzz", kLimit); });
}
