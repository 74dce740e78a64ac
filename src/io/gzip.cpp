#include <dbn/io/gzip.hpp>

#include <algorithm>
#include <array>
#include <new>

#include <fmt/format.h>
#include <zlib.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

/// Inflates one member after the other, holding no more of the result than one piece.
class Inflater {
 public:
  Inflater(std::span<const std::uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw Error("zlib cannot start: out of memory");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The next decompressed bytes, valid until the next call; they may be none without being the last.
  std::span<const std::uint8_t> next() {
    // zlib counts in 32 bits, so a large file is given in slices.
    const auto given = static_cast<uInt>(std::min(bytes_.size() - consumed_, std::size_t{1} << 30));
    stream_.next_in = const_cast<Bytef*>(bytes_.data() + consumed_);
    stream_.avail_in = given;
    stream_.next_out = piece_.data();
    stream_.avail_out = static_cast<uInt>(piece_.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    consumed_ += given - stream_.avail_in;
    if (status == Z_STREAM_END) {
      finish_member();
    } else if (status != Z_OK) {
      refuse(status);
    }
    return std::span(piece_).first(piece_.size() - stream_.avail_out);
  }

  bool done() const { return done_; }
  std::size_t consumed() const { return consumed_; }

 private:
  void finish_member() {
    const auto rest = bytes_.subspan(consumed_);
    done_ = rest.empty();
    if (done_) return;
    if (!is_gzip(rest)) {
      throw DataError(fmt::format("{}: gzip data end at byte {}, expected the end of the file, found {} trailing bytes",
                                  name_, consumed_, rest.size()));
    }
    ++member_;
    inflateReset(&stream_);
  }

  [[noreturn]] void refuse(int status) const {
    if (status == Z_MEM_ERROR) throw Error(fmt::format("{}: out of memory while decompressing", name_));
    // Z_BUF_ERROR: zlib wants more input, and all of it has been given.
    if (status == Z_BUF_ERROR) {
      throw DataError(fmt::format("{}: truncated: the file ends at byte {} inside gzip member {}; fetch it again",
                                  name_, bytes_.size(), member_));
    }
    throw DataError(fmt::format("{}: damaged gzip member {} at byte {}: {}; fetch it again", name_, member_, consumed_,
                                stream_.msg ? stream_.msg : "a preset dictionary is demanded"));
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
  z_stream stream_{};
  std::array<std::uint8_t, std::size_t{1} << 16> piece_{};
  std::size_t consumed_ = 0;
  std::size_t member_ = 1;
  bool done_ = false;
};

/// Throws DataError for what grows more than a thousandfold, as nothing does that tells anything.
void check_growth(std::size_t packed, std::size_t unpacked, const std::string& name) {
  constexpr std::size_t kMostCompression = 1000;
  constexpr std::size_t kNeverABomb = std::size_t{1} << 20;
  if (unpacked > kNeverABomb && unpacked / kMostCompression > packed)
    throw DataError(
        fmt::format("{}: {} bytes of gzip hold more than {}, over {} times as many: a bomb; unpack it to "
                    "read it all the same",
                    name, packed, unpacked, kMostCompression));
}

/// What a file's last four bytes promise it to hold. Only a hint: it is right for one member below 4 GB, a truncated
/// file holds anything there, and a file may lie. So it counts for what data of this kind compress to and no further.
std::size_t promised_size(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kMostCompression = 64;
  if (bytes.size() < 18) return 0;  // an empty member
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size |= std::uint32_t{bytes[bytes.size() - 4 + i]} << 8 * i;
  return std::min<std::size_t>(size, kMostCompression * bytes.size());
}

}  // namespace

bool is_gzip(std::span<const std::uint8_t> bytes) { return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; }

ByteBuffer gunzip(std::span<const std::uint8_t> bytes, const std::string& name, std::size_t limit) {
  if (!is_gzip(bytes)) {
    throw DataError(fmt::format(
        "{}: not gzip: expected the first bytes 1f 8b, found {}", name,
        bytes.empty() ? "an empty file"
                      : fmt::format("{:02x}", fmt::join(bytes.first(std::min(bytes.size(), std::size_t{2})), " "))));
  }
  Inflater inflater(bytes, name);
  ByteBuffer result;
  try {
    result.reserve(std::min(promised_size(bytes), limit));
  } catch (const std::bad_alloc&) {
    // Only a hint: what the file really holds may fit.
  }
  while (!inflater.done()) {
    const auto piece = inflater.next();
    if (piece.size() > limit - result.size()) {
      throw DataError(
          fmt::format("{}: {} bytes of gzip hold more than the limit of {} bytes", name, bytes.size(), limit));
    }
    result.insert(result.end(), piece.begin(), piece.end());
    check_growth(inflater.consumed(), result.size(), name);
  }
  return result;
}

}  // namespace dbn
