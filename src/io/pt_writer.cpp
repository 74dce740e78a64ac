#include <dbn/io/pt_writer.hpp>

#include <limits>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/io/zip_writer.hpp>

#include "tensor_bytes.hpp"

namespace dbn {
namespace {

using namespace std::string_view_literals;

/// A pickle of protocol 2, opcode by opcode (Lib/pickletools.py of Python explains each). Nothing is memoised: the few
/// equal strings of a state dictionary cost less than the bookkeeping.
class Pickle {
 public:
  Pickle() : bytes_("\x80\x02"sv) {}

  Pickle& global(std::string_view module, std::string_view name) {
    bytes_ += fmt::format("c{}\n{}\n", module, name);
    return *this;
  }
  Pickle& text(std::string_view text) {
    bytes_ += 'X';
    return little_endian(text.size(), 4).raw(text);
  }
  Pickle& integer(std::uint64_t value) {
    if (value <= std::numeric_limits<std::int32_t>::max()) {
      bytes_ += 'J';
      return little_endian(value, 4);
    }
    bytes_ += "\x8a\x08"sv;
    return little_endian(value, 8);
  }
  Pickle& integers(const std::vector<std::uint64_t>& values) {
    mark();
    for (const std::uint64_t value : values) integer(value);
    return tuple();
  }
  Pickle& falsehood() { return raw("\x89"sv); }
  Pickle& mark() { return raw("("sv); }
  Pickle& tuple() { return raw("t"sv); }       ///< of all since the mark
  Pickle& call() { return raw("R"sv); }        ///< a global, with a tuple of arguments
  Pickle& persistent() { return raw("Q"sv); }  ///< a tuple names what the reader has elsewhere
  Pickle& set_items() { return raw("u"sv); }   ///< keys and values since the mark, of the dictionary before it
  Pickle& empty_dictionary() { return global("collections", "OrderedDict").raw(")R"sv); }
  std::string finish() { return std::move(raw("."sv).bytes_); }

 private:
  Pickle& raw(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  Pickle& little_endian(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }

  std::string bytes_;
};

// Row-major: the last index is the fastest.
std::vector<std::uint64_t> strides(const std::vector<std::uint64_t>& shape) {
  std::vector<std::uint64_t> result(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) result[i - 1] = result[i] * shape[i];
  return result;
}

// What torch.save() pickles for a tensor: how to build it from a storage of its own, file data/KEY of the archive.
void add_tensor(const TensorView& tensor, std::size_t key, std::size_t element_bytes, Pickle& pickle) {
  const std::uint64_t numbers = tensor.bytes.size() / element_bytes;
  pickle.text(tensor.name).global("torch._utils", "_rebuild_tensor_v2").mark();
  pickle.mark().text("storage").global("torch", element_bytes == 4 ? "FloatStorage" : "DoubleStorage");
  pickle.text(std::to_string(key)).text("cpu").integer(numbers).tuple().persistent();
  constexpr std::uint64_t kOffset = 0;
  pickle.integer(kOffset).integers(tensor.shape).integers(strides(tensor.shape));
  pickle.falsehood();         // requires_grad
  pickle.empty_dictionary();  // of hooks
  pickle.tuple().call();
}

std::string state_dictionary(const std::vector<TensorView>& tensors) {
  std::set<std::string_view> names;
  Pickle pickle;
  pickle.empty_dictionary().mark();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!names.insert(tensors[i].name).second)
      throw InvalidArgument(fmt::format("pt: two tensors named {}", quote_for_message(tensors[i].name)));
    add_tensor(tensors[i], i, detail::element_bytes("pt", tensors[i]), pickle);
  }
  return pickle.set_items().finish();
}

}  // namespace

ByteBuffer encode_pt(const std::vector<TensorView>& tensors) {
  const std::string pickle = state_dictionary(tensors);
  // The folder's name is anybody's choice; PyTorch takes that of the first file.
  std::vector<ZipEntry> entries{{"archive/data.pkl", {detail::bytes_of(pickle)}},
                                {"archive/byteorder", {detail::bytes_of("little")}}};
  for (std::size_t i = 0; i < tensors.size(); ++i)
    entries.push_back({fmt::format("archive/data/{}", i), {tensors[i].bytes}});
  entries.push_back({"archive/version", {detail::bytes_of("3\n")}});
  return encode_zip(entries);
}

void write_pt(const std::string& path, const std::vector<TensorView>& tensors) { write_file(path, encode_pt(tensors)); }

}  // namespace dbn
