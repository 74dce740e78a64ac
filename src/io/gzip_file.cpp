#include <dbn/io/gzip_file.hpp>

#include <algorithm>
#include <array>

#include <zlib.h>

#include <dbn/core/error.hpp>
#include <dbn/io/streamed_file.hpp>

namespace dbn {

class GzipFile::Deflater {
 public:
  explicit Deflater(const std::string& path) : file_(path) {
    constexpr int kGzip = 16, kMemory = 8;
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, kMemory, Z_DEFAULT_STRATEGY) !=
        Z_OK)
      throw Error("zlib cannot start: out of memory");
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void append(std::span<const std::uint8_t> bytes) {
    // zlib counts in 32 bits, so much is given in slices.
    constexpr std::size_t kSlice = std::size_t{1} << 30;
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kSlice))) {
      stream_.next_in = const_cast<Bytef*>(bytes.data());
      stream_.avail_in = static_cast<uInt>(std::min(bytes.size(), kSlice));
      drain(Z_NO_FLUSH);
    }
  }

  void commit() {
    drain(Z_FINISH);
    file_.commit();
  }

 private:
  // Until zlib leaves room in a piece: then it has taken all of its input, and with Z_FINISH written its end.
  void drain(int flush) {
    do {
      stream_.next_out = piece_.data();
      stream_.avail_out = static_cast<uInt>(piece_.size());
      deflate(&stream_, flush);
      file_.append(std::span<const std::uint8_t>(piece_).first(piece_.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

  StreamedFile file_;
  z_stream stream_{};
  std::array<std::uint8_t, std::size_t{1} << 16> piece_{};
};

GzipFile::GzipFile(const std::string& path) : deflater_(std::make_unique<Deflater>(path)) {}

GzipFile::~GzipFile() = default;
GzipFile::GzipFile(GzipFile&&) noexcept = default;
GzipFile& GzipFile::operator=(GzipFile&&) noexcept = default;

void GzipFile::append(std::span<const std::uint8_t> bytes) { deflater_->append(bytes); }

void GzipFile::commit() { deflater_->commit(); }

}  // namespace dbn
