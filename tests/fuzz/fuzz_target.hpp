#pragma once
// What is fuzzed: every parser, given any bytes at all. libFuzzer makes the bytes (fuzz_main.cpp), or the kept corpus
// holds them (corpus_test.cpp). To add a target: <name>.cpp, a line here, its name in tests/CMakeLists.txt, a row in
// corpus_test.cpp and a folder of seeds.

#include <cstdint>
#include <span>
#include <string_view>

#include <dbn/core/error.hpp>

namespace dbn::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// Gives the bytes to a parser in all its ways. Returns how many of them took the bytes; the others refused them by the
/// documented exception. Any other exception goes through.
using Target = int(Bytes bytes);

// One by one, in the file of that name.
Target checkpoint;
Target csv;
Target foreign_net;
Target gzip;
Target idx;
Target ini;
Target json;
Target libsvm;
Target model;
Target npy;
Target npz;
Target options;
Target run_record;
Target safetensors;
Target stack;
Target zip;

/// 1 when `read` returns, 0 when it throws a Refusal.
template <typename Refusal = DataError, typename Read>
int taken(const Read& read) {
  try {
    read();
    return 1;
  } catch (const Refusal&) {
    return 0;
  }
}

inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace dbn::fuzz
