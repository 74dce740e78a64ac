#pragma once
// An archive taken apart by the definition of zip (APPNOTE.TXT of PKWARE, 4.3): local headers one behind the other, as
// long as nothing is compressed.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include <dbn/io/file.hpp>

namespace dbn::test {

struct StoredFile {
  std::string name;
  std::size_t place = 0;  ///< of its bytes in the archive
  std::string bytes;
  std::uint32_t date_and_time = 0;
};

inline std::uint32_t little_endian(std::span<const std::uint8_t> bytes, std::size_t place, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | bytes[place + i];
  return value;
}

/// The files in the order of their bytes. Fails the test for anything compressed, a wrong checksum, or a size that is
/// said only behind the bytes.
inline std::vector<StoredFile> files_of_zip(const ByteBuffer& archive) {
  constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectory = 0x02014b50;
  std::vector<StoredFile> files;
  std::size_t at = 0;
  while (little_endian(archive, at, 4) == kLocalHeader) {
    EXPECT_EQ(little_endian(archive, at + 6, 2), 0U) << "flags";
    EXPECT_EQ(little_endian(archive, at + 8, 2), 0U) << "compression";
    StoredFile file;
    file.date_and_time = little_endian(archive, at + 10, 4);
    const std::size_t size = little_endian(archive, at + 18, 4);
    EXPECT_EQ(little_endian(archive, at + 22, 4), size);
    const std::size_t name = little_endian(archive, at + 26, 2);
    file.place = at + 30 + name + little_endian(archive, at + 28, 2);
    file.name.assign(archive.begin() + static_cast<std::ptrdiff_t>(at) + 30,
                     archive.begin() + static_cast<std::ptrdiff_t>(at + 30 + name));
    file.bytes.assign(archive.begin() + static_cast<std::ptrdiff_t>(file.place),
                      archive.begin() + static_cast<std::ptrdiff_t>(file.place + size));
    EXPECT_EQ(little_endian(archive, at + 14, 4), crc32(0, archive.data() + file.place, static_cast<uInt>(size)));
    at = file.place + size;
    files.push_back(file);
  }
  EXPECT_EQ(little_endian(archive, at, 4), kDirectory) << "behind the files comes their directory";
  return files;
}

}  // namespace dbn::test
