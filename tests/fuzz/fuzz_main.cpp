// libFuzzer's entry. It is compiled for one target at a time, which DBN_FUZZ_TARGET names.

#include <cstddef>

#include "fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  dbn::fuzz::DBN_FUZZ_TARGET({data, size});
  return 0;
}
