#include <dbn/data/libsvm_reader.hpp>

#include <cctype>

#include "fuzz_target.hpp"

namespace {

// Features that number ten thousand and more make cases of as many zeros: they take all the time and show nothing.
// Those of many more digits are refused at once.
bool is_wide(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == ':' && digits >= 5 && digits <= 8) return true;
    digits = std::isdigit(static_cast<unsigned char>(c)) != 0 ? digits + 1 : 0;
  }
  return false;
}

}  // namespace

int dbn::fuzz::libsvm(Bytes bytes) {
  is_libsvm(bytes);
  if (is_wide(text_of(bytes))) return 0;
  int count = 0;
  for (const char* column : {"last", "none"})
    count += taken([&] { read_libsvm(bytes, "fuzz", {.label_column = column}).check(); });
  return count + taken([&] { read_libsvm(bytes, "fuzz", {.numeric_labels = true}).check(); });
}
