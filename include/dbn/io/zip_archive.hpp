#pragma once
// Zip archives in memory, read by libzip, and strictly: what NumPy's npz is. What libzip lets pass and a hostile file
// needs is refused here: members that overlap, bombs, names that lead out of a folder.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <dbn/io/file.hpp>

struct zip;  // libzip's own type

namespace dbn {

/// True when the bytes start like a zip archive.
bool is_zip(std::span<const std::uint8_t> bytes);

/// An archive whose members are read one at a time.
class ZipArchive {
 public:
  struct Member {
    std::string name;
    std::uint64_t compressed_size = 0;
    std::uint64_t size = 0;  ///< as the archive promises it
  };

  /// Opens the archive that `bytes` are; they must outlive it. `name` is for messages. Throws DataError for an archive
  /// without an end record in its last bytes (so also for one with a comment), with a second one that could be meant,
  /// with more than 4096 members, with members that overlap, have the same name, an empty name, or a name with a
  /// folder, "..", or control characters, and where the two headers of a member differ.
  ZipArchive(std::span<const std::uint8_t> bytes, std::string name);

  /// In the order of the archive's directory.
  const std::vector<Member>& members() const { return members_; }

  /// The contents of one member. Throws DataError for a method other than stored and deflated, encryption, a wrong CRC
  /// or size, and, before anything is allocated, for a promise of more than `limit` bytes, of more than a thousand
  /// times the compressed size (a bomb) where that is above a mebibyte, or of a stored member of another size than it
  /// has.
  ByteBuffer read(std::size_t member, std::size_t limit = std::size_t{8} << 30) const;

 private:
  [[noreturn]] void refuse(const std::string& member, const std::string& fault) const;
  void check_readable(std::size_t member, std::size_t limit) const;

  std::string name_;
  std::unique_ptr<::zip, void (*)(::zip*)> archive_;
  std::vector<Member> members_;
};

}  // namespace dbn
