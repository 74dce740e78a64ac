#include "../../tools/ini.hpp"

#include "fuzz_target.hpp"

int dbn::fuzz::ini(Bytes bytes) {
  return taken([&] { parse_ini(text_of(bytes), "fuzz"); });
}
