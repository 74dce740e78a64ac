#include <dbn/io/line_file.hpp>

#include <utility>

#include <dbn/core/error.hpp>

#include "descriptor.hpp"

namespace dbn {

struct LineFile::Open {
  explicit Open(const std::string& path) : file(path, path, O_WRONLY | O_APPEND) {}
  detail::Descriptor file;
};

LineFile::LineFile(const std::string& path) : open_(std::make_unique<Open>(path)) {}

LineFile::~LineFile() = default;

void LineFile::append(std::string_view line) {
  if (!open_) throw InvalidArgument("lines: expected a file whose last line is whole, found one that failed");
  auto open = std::move(open_);
  const std::string whole = std::string(line) + "\n";
  open->file.write_all({reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()});
  open->file.sync();
  open_ = std::move(open);
}

}  // namespace dbn
