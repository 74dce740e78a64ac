#include <dbn/data/stored_cases.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "io/npy_elements.hpp"

namespace dbn {
namespace {

constexpr std::uint64_t kBytesPerRead = std::uint64_t{1} << 18;  // with what they become, it stays in a cache

/// How many of `cases`, from the first on, follow each other in the file too.
std::size_t run_length(std::span<const Index> cases, Index most) {
  const std::size_t end = std::min(cases.size(), static_cast<std::size_t>(most));
  std::size_t length = 1;
  while (length < end && cases[length] == cases[length - 1] + 1) ++length;
  return length;
}

}  // namespace

StoredCases::StoredCases(std::shared_ptr<const StoredFile> file, std::uint64_t begin, NpyType type, Index features,
                         Index cases)
    : file_(std::move(file)), begin_(begin), type_(type), features_(features), cases_(cases) {
  if (features < 1 || cases < 1 || begin > file_->size() ||
      static_cast<std::uint64_t>(cases) > (file_->size() - begin) / type.size / static_cast<std::uint64_t>(features))
    throw InvalidArgument(fmt::format("{}: expected {} cases of {} elements of type {} from byte {} on, found {} bytes",
                                      file_->path(), cases, features, type.text(), begin, file_->size()));
}

Index StoredCases::cases_per_read() const {
  return static_cast<Index>(std::max<std::uint64_t>(1, kBytesPerRead / case_bytes()));
}

std::span<const std::uint8_t> StoredCases::read(Index first, Index count) const {
  thread_local std::vector<std::uint8_t> buffer;
  const auto size = static_cast<std::size_t>(static_cast<std::uint64_t>(count) * case_bytes());
  if (buffer.size() < size) buffer.resize(size);
  const auto bytes = std::span(buffer).first(size);
  file_->read_at(begin_ + static_cast<std::uint64_t>(first) * case_bytes(), bytes);
  return bytes;
}

void StoredCases::gather_into(std::span<const Index> cases, MatrixRef out) const {
  const auto features = static_cast<std::size_t>(features_);
  Index column = 0;
  while (!cases.empty()) {
    const std::size_t count = run_length(cases, cases_per_read());
    const auto bytes = read(cases.front(), static_cast<Index>(count));
    for (std::size_t i = 0; i < count; ++i, ++column)
      detail::convert_elements(type_, bytes.data() + i * case_bytes(),
                               std::span<Scalar>(out.data() + column * out.outerStride(), features));
    cases = cases.subspan(count);
  }
}

void StoredCases::check_truth_values() const {
  if (type_.kind != 'b') return;
  for (Index first = 0; first < cases_; first += cases_per_read())
    detail::check_truth_values(type_, read(first, std::min(cases_per_read(), cases_ - first)),
                               static_cast<std::uint64_t>(first) * case_bytes(), file_->path());
}

}  // namespace dbn
