#include <dbn/io/streamed_file.hpp>

#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "temporary_file.hpp"

namespace dbn {

struct StreamedFile::Open {
  explicit Open(const std::string& target)
      : folder(detail::parent_folder(target), target, O_RDONLY | O_DIRECTORY), temporary(target) {}

  // Opened first, so that everything that can be refused is refused before the old file is gone.
  detail::Descriptor folder;
  detail::TemporaryFile temporary;
};

StreamedFile::StreamedFile(const std::string& path) : path_(path) {
  const std::string target = detail::follow_link(path);
  detail::check_target(target);
  open_ = std::make_unique<Open>(target);
}

StreamedFile::~StreamedFile() = default;
StreamedFile::StreamedFile(StreamedFile&&) noexcept = default;
StreamedFile& StreamedFile::operator=(StreamedFile&&) noexcept = default;

// A file in which something is missing must never take the place of the old one: whatever fails while it is taken out
// is its end.
std::unique_ptr<StreamedFile::Open> StreamedFile::take() {
  if (!open_) throw InvalidArgument(fmt::format("{}: expected a file that is being written, found its end", path_));
  return std::move(open_);
}

void StreamedFile::append(std::span<const std::uint8_t> bytes) {
  auto open = take();
  open->temporary.file().write_all(bytes);
  open_ = std::move(open);
}

void StreamedFile::append(std::string_view text) {
  append(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void StreamedFile::commit() {
  const auto open = take();
  open->temporary.file().sync();
  open->temporary.file().close();
  open->temporary.replace();
  open->folder.sync();
}

}  // namespace dbn
