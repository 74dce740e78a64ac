#include "estimate.hpp"

#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/product.hpp>

using namespace dbn;

namespace {

double weight_count(const std::vector<Index>& sizes) {
  double count = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    count += static_cast<double>(sizes[i]) * static_cast<double>(sizes[i + 1]);
  return count;
}

// Operations a second of the product that training leans on, from a twentieth of a second.
double product_speed() {
  using Clock = std::chrono::steady_clock;
  const Matrix weights = Matrix::Constant(784, 500, Scalar{0.01f});
  const Matrix batch = Matrix::Constant(784, 100, Scalar{0.5f});
  Matrix out(500, 100);
  const auto begun = Clock::now();
  double work = 0;
  double seconds = 0;
  while (seconds < 0.05) {
    multiply_into(transposed(weights), plain(batch), out);
    work += 2.0 * 784 * 500 * 100;
    seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  }
  return work / seconds;
}

}  // namespace

double pretrain_work(const std::vector<Index>& sizes, const PretrainOptions& options, Index cases) {
  double work = 0;
  double below = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const double weights = static_cast<double>(sizes[i]) * static_cast<double>(sizes[i + 1]);
    const auto epochs = static_cast<double>(per_layer(options.epochs, i, options.layers.size(), "epochs"));
    work += epochs * static_cast<double>(cases) * ((6 + 4 * static_cast<double>(options.cd_k)) * weights + 2 * below);
    below += weights;
  }
  return work;
}

double finetune_work(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases) {
  return 6 * weight_count(sizes) * static_cast<double>(cases) * static_cast<double>(epoch_count(options, cases));
}

std::string describe_plan(const std::vector<Index>& sizes, double work) {
  const double weights = weight_count(sizes);
  // Parameters, two tensors of optimizer state, and the copy that is written.
  const double megabytes = 4 * weights * sizeof(Scalar) / 1e6;
  return fmt::format(
      "sizes       {}\nparameters  {:.0f} weights\nmemory      about {:.0f} MB beside the data\n"
      "time        about {:.0f} s here\nnothing was written (--dry-run)\n",
      fmt::join(sizes, "-"), weights, megabytes, work / product_speed());
}
