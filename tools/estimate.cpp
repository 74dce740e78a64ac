#include "estimate.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/memory.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/core/product.hpp>
#include <dbn/model/model_file.hpp>
#include <dbn/nn/mlp.hpp>
#include <dbn/pretrain/pretrain.hpp>

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

// What an estimate of tensors becomes in a process. Measured by its peak: the heap keeps some of what was freed, and
// code, stacks and the product library touch memory of their own.
double process_bytes(double tensors) {
  constexpr double kKept = 1.1;
  constexpr double kCode = 16e6;
  constexpr double kThread = 0.5e6;
  return kKept * tensors + kCode + kThread * thread_count();
}

// The copies that are written, and tiles that threads keep from training.
double writing_bytes(const std::vector<Index>& sizes, double tensors) {
  const Index widest = *std::max_element(sizes.begin(), sizes.end());
  return tensors + saving_memory(tensors) + column_tile_memory(widest, widest);
}

}  // namespace

double pretrain_bytes(const std::vector<Index>& sizes, const PretrainOptions& options, Index cases,
                      Index validation_cases) {
  return std::max(pretrain_memory(sizes.front(), options, cases, validation_cases),
                  writing_bytes(sizes, stack_memory(sizes.front(), options)));
}

double finetune_bytes(const std::vector<Index>& sizes, const FinetuneOptions& options, Index cases) {
  return std::max(fine_tune_memory(sizes, options, cases),
                  writing_bytes(sizes, sizeof(Scalar) * parameter_count(sizes)));
}

void check_memory(const CommandLine& line, const std::string& what, double bytes, const std::string& advice) {
  demand_memory(what, resident_memory() + process_bytes(bytes), line.memory_limit(), advice);
}

std::string describe_plan(const std::vector<Index>& sizes, double bytes, double work) {
  return fmt::format(
      "sizes       {}\nparameters  {:.0f} weights\nmemory      about {} beside the data\n"
      "time        about {:.0f} s here\nnothing was written (--dry-run)\n",
      fmt::join(sizes, "-"), weight_count(sizes), memory_text(process_bytes(bytes)), work / product_speed());
}
