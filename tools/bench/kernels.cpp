// Single kernels, by Google Benchmark: what one tile, one column of draws, one pass of an optimizer costs on one
// thread. build/release/dbn_kernels --benchmark_filter=Logistic

#include <benchmark/benchmark.h>

#include <dbn/core/math.hpp>
#include <dbn/core/product.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/optimizer.hpp>

using namespace dbn;

namespace {

constexpr Index kVisible = 784, kHidden = 500, kCases = 100;

Matrix normal(Index rows, Index cols) {
  Matrix matrix = Matrix::Zero(rows, cols);
  add_normal_noise(Stream(0, Purpose::initial_weights), {}, matrix);
  return matrix;
}

void count_items(benchmark::State& state, Index items) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * items);
}

// Items are floating-point operations.
void multiply(benchmark::State& state, const Matrix& a, bool a_transposed, const Matrix& b) {
  const Factor left{a, a_transposed};
  Matrix out(left.rows(), b.cols());
  for (auto _ : state) {
    multiply_into(left, plain(b), out);
    benchmark::DoNotOptimize(out.data());
  }
  count_items(state, 2 * out.size() * left.cols());
}

void Up(benchmark::State& state) { multiply(state, normal(kVisible, kHidden), true, normal(kVisible, kCases)); }
BENCHMARK(Up);

void Down(benchmark::State& state) { multiply(state, normal(kVisible, kHidden), false, normal(kHidden, kCases)); }
BENCHMARK(Down);

void Gradient(benchmark::State& state) {
  const Matrix visible = normal(kVisible, 2 * kCases), hidden = normal(kHidden, 2 * kCases);
  for (auto _ : state)
    multiply_by_columns(plain(visible), transposed(hidden),
                        [](Index, const ConstMatrixRef& tile) { benchmark::DoNotOptimize(tile.data()); });
  count_items(state, 2 * kVisible * kHidden * 2 * kCases);
}
BENCHMARK(Gradient);

void Logistic(benchmark::State& state) {
  const Matrix input = normal(kHidden, kCases);
  Matrix x = input;
  for (auto _ : state) {
    x = input;
    logistic_in_place(x);
    benchmark::DoNotOptimize(x.data());
  }
  count_items(state, x.size());
}
BENCHMARK(Logistic);

void DrawBernoulli(benchmark::State& state) {
  const Matrix mean = Matrix::Constant(kHidden, kCases, Scalar{0.25});
  Matrix states(kHidden, kCases);
  std::uint32_t update = 0;
  for (auto _ : state) {
    draw_bernoulli(Stream(0, Purpose::hidden_states), {.update = update++}, mean, states);
    benchmark::DoNotOptimize(states.data());
  }
  count_items(state, states.size());
}
BENCHMARK(DrawBernoulli);

void NormalNoise(benchmark::State& state) {
  Matrix values = Matrix::Zero(kHidden, kCases);
  for (auto _ : state) {
    add_normal_noise(Stream(0, Purpose::visible_states), {}, values);
    benchmark::DoNotOptimize(values.data());
  }
  count_items(state, values.size());
}
BENCHMARK(NormalNoise);

void RowSums(benchmark::State& state) {
  const Matrix x = normal(kHidden, kCases);
  Vector sums(kHidden);
  for (auto _ : state) {
    row_sums_into(x, sums);
    benchmark::DoNotOptimize(sums.data());
  }
  count_items(state, x.size());
}
BENCHMARK(RowSums);

void Update(benchmark::State& state, const std::string& name) {
  Matrix weights = normal(kVisible, kHidden);
  const Matrix gradient = normal(kVisible, kHidden);
  const auto run = optimizer(name).make({{named("weight", weights), 1e-4}}, {});
  Index update = 0;
  for (auto _ : state) {
    const auto whole = [&](GradientSink sink) {
      sink(0, 0, gradient);
      return 0.0;
    };
    run->update(whole, {1e-3, 0.9}, update++);
  }
  count_items(state, weights.size());
}
BENCHMARK_CAPTURE(Update, sgd, "sgd");
BENCHMARK_CAPTURE(Update, momentum, "momentum");
BENCHMARK_CAPTURE(Update, adam, "adam");

}  // namespace
