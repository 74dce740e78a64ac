#include <dbn/data/fingerprint.hpp>

#include <fmt/format.h>
#include <zlib.h>

namespace dbn {
namespace {

class Checksum {
 public:
  template <typename T>
  void add(const T* values, std::size_t count) {
    // zlib answers a null pointer with its start value, which would forget what was added before.
    if (count > 0) crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(values), count * sizeof(T));
  }
  std::string text() const { return fmt::format("crc32 {:08x}", crc_); }

 private:
  uLong crc_ = 0;
};

template <typename Held>
void add_features(Checksum& sum, const Dataset&, const Held& features) {
  sum.add(features.data(), static_cast<std::size_t>(features.size()));
}

// The same bytes, block by block, as if they were held in memory.
void add_features(Checksum& sum, const Dataset& dataset, const StoredCases&) {
  const bool bytes = dataset.holds_bytes();
  Dataset::Bytes narrow;
  dataset.for_each_block([&](Index, const ConstMatrixRef& block) {
    if (bytes) narrow = block.cast<std::uint8_t>();
    if (bytes)
      add_features(sum, dataset, narrow);
    else
      add_features(sum, dataset, block);
  });
}

}  // namespace

std::string fingerprint(const Dataset& dataset) {
  Checksum sum;
  std::visit([&](const auto& features) { add_features(sum, dataset, features); }, dataset.features);
  sum.add(dataset.labels.data(), dataset.labels.size());
  // With their ends, so that names cannot run into each other.
  for (const auto& name : dataset.classes) sum.add(name.c_str(), name.size() + 1);
  sum.add(dataset.targets.data(), static_cast<std::size_t>(dataset.targets.size()));
  for (const auto& name : dataset.target_names) sum.add(name.c_str(), name.size() + 1);
  sum.add(dataset.shape.data(), dataset.shape.size());
  for (const auto& column : dataset.schema.columns) {
    sum.add(column.name.c_str(), column.name.size() + 1);
    for (const auto& category : column.categories) sum.add(category.c_str(), category.size() + 1);
    sum.add("", 1);
  }
  return fmt::format("{} cases of {} features, {}", dataset.case_count(), dataset.feature_count(), sum.text());
}

std::string fingerprint(const TensorList& tensors) {
  Checksum sum;
  for (const auto& tensor : tensors) sum.add(tensor.values.data(), static_cast<std::size_t>(tensor.values.size()));
  return sum.text();
}

}  // namespace dbn
