#include <dbn/io/npz_writer.hpp>

#include <dbn/io/npy.hpp>
#include <dbn/io/zip_writer.hpp>

#include "tensor_bytes.hpp"

namespace dbn {

ByteBuffer encode_npz(const std::vector<TensorView>& arrays) {
  std::vector<std::string> headers;
  for (const TensorView& array : arrays) {
    const std::size_t bytes = detail::element_bytes("npz", array);
    headers.push_back(
        npy_header(bytes == 4 ? "<f4" : "<f8", std::vector<Index>(array.shape.begin(), array.shape.end())));
  }
  std::vector<ZipEntry> entries;
  for (std::size_t i = 0; i < arrays.size(); ++i)
    entries.push_back({arrays[i].name + ".npy", {detail::bytes_of(headers[i]), arrays[i].bytes}});
  return encode_zip(entries);
}

void write_npz(const std::string& path, const std::vector<TensorView>& arrays) { write_file(path, encode_npz(arrays)); }

}  // namespace dbn
