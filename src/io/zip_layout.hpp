#pragma once
// Where the members of a zip archive lie in its file, which libzip does not tell
// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 4.3).

#include <cstdint>
#include <span>
#include <string>

#include <dbn/io/zip_archive.hpp>

namespace dbn::detail {

/// Throws DataError unless the last bytes are the record that ends an archive without a comment, no other bytes could
/// be that record, and the directory has at most 4096 members. Comes before libzip, which allocates what the record
/// says.
void check_zip_end(std::span<const std::uint8_t> bytes, const std::string& name);

/// Throws DataError when two members share bytes, or one reaches into the directory behind them. The members are those
/// of the archive's directory, in its order.
void check_zip_overlap(std::span<const std::uint8_t> bytes, const std::string& name,
                       std::span<const ZipArchive::Member> members);

}  // namespace dbn::detail
