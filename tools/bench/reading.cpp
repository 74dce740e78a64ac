// How fast data are read, by Google Benchmark, on one thread and from bytes in memory. build/release/dbn_reading

#include <benchmark/benchmark.h>

#include <iterator>

#include <fmt/format.h>

#include <dbn/core/random.hpp>
#include <dbn/data/csv_reader.hpp>
#include <dbn/data/idx_reader.hpp>
#include <dbn/data/libsvm_reader.hpp>
#include <dbn/data/npy_reader.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/npy.hpp>

using namespace dbn;

namespace {

constexpr Index kPixels = 784, kImages = 10000;
constexpr Index kColumns = 100, kRows = 20000;

using Read = Dataset (*)(std::span<const std::uint8_t>, const std::string&, const ReadOptions&);

// The rate is that of the file's bytes.
void read(benchmark::State& state, Read reader, const ByteBuffer& file) {
  for (auto _ : state) {
    const Dataset dataset = reader(file, "file", {});
    benchmark::DoNotOptimize(dataset.case_count());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * std::ssize(file));
}

ByteBuffer bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Matrix normal(Index rows, Index cols) {
  Matrix matrix = Matrix::Zero(rows, cols);
  add_normal_noise(Stream(0, Purpose::synthetic_training), {}, matrix);
  return matrix;
}

// A fifth of the pixels of an image is not 0, as in MNIST.
std::uint8_t pixel(Scalar noise) {
  return static_cast<double>(noise) < 0.84 ? std::uint8_t{0}
                                           : static_cast<std::uint8_t>(static_cast<int>(noise * 100) % 256);
}

/// A line for each case, made of `field(index, value)` for each feature.
template <typename Field>
ByteBuffer lines(const Matrix& values, const char* label, const char* end, Field field) {
  std::string text;
  for (Index c = 0; c < values.cols(); ++c) {
    text += label;
    for (Index r = 0; r < values.rows(); ++r) field(r, values(r, c), std::back_inserter(text));
    text += end;
  }
  return bytes_of(text);
}

void CsvBytes(benchmark::State& state) {
  read(state, read_csv, lines(normal(kPixels, kImages), "", "7\n", [](Index, Scalar value, auto out) {
         fmt::format_to(out, "{},", pixel(value));
       }));
}
BENCHMARK(CsvBytes)->Unit(benchmark::kMillisecond);

void CsvNumbers(benchmark::State& state, const char* format) {
  read(state, read_csv, lines(normal(kColumns, kRows), "", "7\n", [=](Index, Scalar value, auto out) {
         fmt::format_to(out, fmt::runtime(format), value);
       }));
}
BENCHMARK_CAPTURE(CsvNumbers, ThreeDigits, "{:.3f},")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(CsvNumbers, AllDigits, "{},")->Unit(benchmark::kMillisecond);

void LibsvmBytes(benchmark::State& state) {
  read(state, read_libsvm, lines(normal(kPixels, kImages), "7", "\n", [](Index index, Scalar value, auto out) {
         if (pixel(value) != 0) fmt::format_to(out, " {}:{}", index + 1, pixel(value));
       }));
}
BENCHMARK(LibsvmBytes)->Unit(benchmark::kMillisecond);

void LibsvmNumbers(benchmark::State& state) {
  read(state, read_libsvm, lines(normal(kColumns, kRows), "7", "\n", [](Index index, Scalar value, auto out) {
         fmt::format_to(out, " {}:{}", index + 1, value);
       }));
}
BENCHMARK(LibsvmNumbers)->Unit(benchmark::kMillisecond);

ByteBuffer npy(const char* type, std::size_t size) {
  ByteBuffer file = bytes_of(npy_header(type, std::vector<Index>{kImages, kPixels}));
  file.resize(file.size() + size * static_cast<std::size_t>(kImages * kPixels));
  return file;
}

void Npy(benchmark::State& state, const char* type, std::size_t size) { read(state, read_npy, npy(type, size)); }
BENCHMARK_CAPTURE(Npy, Bytes, "|u1", 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Npy, Float, "<f4", 4)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Npy, Double, "<f8", 8)->Unit(benchmark::kMillisecond);

void Idx(benchmark::State& state) {
  ByteBuffer file{0, 0, 8, 2, 0, 0, kImages / 256, kImages % 256, 0, 0, kPixels / 256, kPixels % 256};
  file.resize(file.size() + static_cast<std::size_t>(kImages * kPixels));
  read(state, read_idx, file);
}
BENCHMARK(Idx)->Unit(benchmark::kMillisecond);

/// What nothing that makes a copy can pass.
void Copy(benchmark::State& state) {
  const ByteBuffer file = npy("<f4", 4);
  for (auto _ : state) {
    ByteBuffer copy = file;
    benchmark::DoNotOptimize(copy.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * std::ssize(file));
}
BENCHMARK(Copy)->Unit(benchmark::kMillisecond);

}  // namespace
