#include "text_output.hpp"

#include "output.hpp"

TextOutput::TextOutput(const std::string& path) {
  if (!path.empty()) file_.emplace(path);
}

void TextOutput::append(std::string_view text) {
  if (file_) return file_->append(text);
  print(text);
}

void TextOutput::commit() {
  if (file_) file_->commit();
}
