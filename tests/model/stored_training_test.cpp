// Training on cases that stay in their file: the bits of training on those in memory.

#include <memory>

#include <gtest/gtest.h>

#include <dbn/data/split.hpp>
#include <dbn/data/synthetic.hpp>
#include <dbn/model/stack_file.hpp>

#include "tests/support/npy_bytes.hpp"
#include "tests/support/stored_twins.hpp"
#include "tests/support/thread_count.hpp"

namespace dbn {
namespace {

/// 300 digits as an NPY file.
ByteBuffer digits_file() {
  const Dataset digits = synthetic_dataset("digits").make(Stream(0, Purpose::synthetic_training), 300);
  const auto& pixels = std::get<Dataset::Bytes>(digits.features);
  return test::npy_array("|u1", fmt::format("(300, {}, {})", digits.shape[0], digits.shape[1]),
                         {pixels.data(), pixels.data() + pixels.size()});
}

/// The bytes of the stack file that `dbn pretrain` would write, of two layers, with validation cases.
ByteBuffer trained(const Dataset& dataset, const std::string& scale, const std::string& visible) {
  const test::TempDir dir;
  const auto data = std::make_shared<const Dataset>(dataset);
  const Split split = split_validation(*data, "0.1", 1);
  const Preprocessing fitted = fit_preprocessing(scale, *data, split.training);
  const PreparedCases training(data, split.training, fitted), validation(data, split.validation, fitted);
  PretrainOptions options;
  options.visible = visible;
  options.layers = {20, 10};
  options.epochs = {2};
  options.batch = 30;
  const PretrainResult result = pretrain(training, &validation, options, 1);
  save_stack({result.stack, fitted, 1, result.history}, dir.path("stack"));
  return read_file(dir.path("stack"));
}

TEST(StoredTraining, IsTheSameToTheLastBit) {
  const test::TempDir dir;
  test::write_quickly(dir.path("digits.npy"), digits_file());
  const test::Twins twins = test::read_twins(dir.path("digits.npy"));
  ASSERT_TRUE(std::holds_alternative<StoredCases>(twins.stored.features));
  for (const auto& [scale, visible] : {std::pair{"auto", "bernoulli"}, std::pair{"standardize", "gaussian"}}) {
    const ByteBuffer held = trained(twins.held, scale, visible);
    for (const int threads : {1, 3}) {
      const test::ThreadCount limit(threads);
      EXPECT_EQ(trained(twins.stored, scale, visible), held) << visible << " with threads: " << threads;
    }
  }
}

}  // namespace
}  // namespace dbn
