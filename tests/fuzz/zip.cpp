#include <dbn/io/zip_archive.hpp>

#include "fuzz_target.hpp"

int dbn::fuzz::zip(Bytes bytes) {
  constexpr std::size_t kLimit = std::size_t{1} << 16;
  int count = 0;
  taken([&] {
    const ZipArchive archive(bytes, "fuzz");
    for (std::size_t i = 0; i < archive.members().size(); ++i) count += taken([&] { archive.read(i, kLimit); });
  });
  return count;
}
