#include <fmt/format.h>

#include <dbn/io/file.hpp>
#include <dbn/io/npy.hpp>
#include <dbn/io/zip_writer.hpp>

#include "case_writers.hpp"

namespace dbn::detail {
namespace {

std::span<const std::uint8_t> text_bytes(const std::string& text) { return bytes_of(text.data(), std::ssize(text)); }

const std::string kNumber = fmt::format("<f{}", sizeof(Scalar));

ByteBuffer collected(void (*write)(const CaseRows&, ByteSink), const CaseRows& rows) {
  ByteBuffer bytes;
  write(rows, [&](std::span<const std::uint8_t> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

}  // namespace

bool npy_holds_classes(const std::vector<std::string>& names) { return all_integers(names, 0, kMostExact); }

// A case is a column of features here and the last indices there, so that the bytes are the same.
void write_npy(const CaseRows& rows, ByteSink sink) {
  std::vector<Index> shape{rows.case_count()};
  shape.insert(shape.end(), rows.dataset.shape.begin(), rows.dataset.shape.end());
  sink(text_bytes(npy_header(rows.dataset.holds_bytes() ? "|u1" : kNumber, shape)));
  for_each_block(rows, [&](std::span<const Index>, const ConstMatrixRef& features) {
    if (!rows.dataset.holds_bytes()) return sink(bytes_of(features.data(), features.size()));
    const Dataset::Bytes bytes = features.cast<std::uint8_t>();
    sink(bytes_of(bytes.data(), bytes.size()));
  });
}

void write_npy_labels(const CaseRows& rows, ByteSink sink) {
  std::vector<Index> shape{rows.case_count()};
  if (rows.targets) {
    const Matrix targets = rows.target_values();
    if (targets.rows() > 1) shape.push_back(targets.rows());
    sink(text_bytes(npy_header(kNumber, shape)));
    return sink(bytes_of(targets.data(), targets.size()));
  }
  const auto labels = rows.label_numbers();
  sink(text_bytes(npy_header("<i8", shape)));
  sink(bytes_of(labels.data(), std::ssize(labels)));
}

// The keys are those that read_npz() looks for.
void write_npz(const CaseRows& rows, ByteSink sink) {
  const ByteBuffer features = collected(&write_npy, rows);
  ByteBuffer labels;
  std::vector<ZipEntry> entries{{"x.npy", {features}}};
  if (rows.labelled || rows.targets) {
    labels = collected(&write_npy_labels, rows);
    entries.push_back({"y.npy", {labels}});
  }
  sink(encode_zip(entries));
}

}  // namespace dbn::detail
