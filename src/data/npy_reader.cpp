#include <dbn/data/npy_reader.hpp>

#include "array_cases.hpp"

namespace dbn {

Dataset read_npy(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions&) {
  return detail::array_cases(parse_npy(bytes, name), name);
}

std::optional<Dataset> open_npy(const std::shared_ptr<const StoredFile>& file) {
  constexpr std::size_t kLongestHeader = std::size_t{1} << 17;
  const auto layout = parse_npy_layout(file->beginning(kLongestHeader), file->size(), file->path());
  if (!layout || layout->fortran_order) return std::nullopt;
  return detail::stored_cases(*layout, file);
}

Dataset read_npy_targets(std::span<const std::uint8_t> bytes, const std::string& name) {
  Matrix targets = detail::array_targets(parse_npy(bytes, name), name);
  Dataset dataset;
  dataset.name = name;
  dataset.features = Matrix(0, targets.cols());
  set_targets(dataset, std::move(targets), {});
  return dataset;
}

std::vector<std::string> read_npy_labels(std::span<const std::uint8_t> bytes, const std::string& name) {
  return detail::array_labels(parse_npy(bytes, name), name);
}

}  // namespace dbn
