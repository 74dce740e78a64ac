#pragma once
// The one way in which dbn touches the file system: whole files in, whole files out, every call checked.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dbn {

using ByteBuffer = std::vector<std::uint8_t>;

/// The whole file. Throws IoError with path and cause; a folder is refused.
ByteBuffer read_file(const std::string& path);
/// Its first bytes, `most` of them where it has so many. Throws as read_file().
ByteBuffer read_beginning(const std::string& path, std::size_t most);

/// Replaces `path` by these bytes or leaves it as it was: temporary file in the same folder, fsync, rename, fsync of
/// the folder. On any failure the temporary file is removed and IoError names path and cause.
void write_file(const std::string& path, std::span<const std::uint8_t> bytes);
void write_file(const std::string& path, std::string_view text);
/// The same, for bytes that lie in several pieces; StreamedFile is for those that do not all lie somewhere at once.
void write_file(const std::string& path, std::span<const std::span<const std::uint8_t>> pieces);

/// Throws IoError now if write_file(path) could not work later: no such folder, no permission, path is a folder. When
/// the file exists and `overwrite` is false, throws IoError that says to use --force. Removes the folder's stale
/// temporaries, so that killed runs leave nothing for ever.
void check_writable(const std::string& path, bool overwrite);

/// Removes the temporary files of write_file and StreamedFile whose process no longer runs, from this folder only.
/// Whatever else stands there stays, and so does what cannot be removed; never throws IoError.
void remove_stale_temporaries(const std::string& folder);

/// Whether two paths name the same file, by identity where both exist, by their resolved paths otherwise.
bool same_file(const std::string& a, const std::string& b);

}  // namespace dbn
