#include <dbn/pretrain/encoded_cases.hpp>

#include <new>

#include <gtest/gtest.h>

#include <dbn/core/parallel.hpp>

#include "../support/peak_memory.hpp"

namespace dbn {
namespace {

class Ramp final : public CaseSource {
 public:
  Index case_count() const override { return 40; }
  Index feature_count() const override { return 6; }
  void gather_into(std::span<const Index> cases, MatrixRef out) const override {
    for (std::size_t c = 0; c < cases.size(); ++c)
      for (Index i = 0; i < 6; ++i)
        out(i, static_cast<Index>(c)) = static_cast<Scalar>((cases[c] * 7 + i * 3) % 11) / Scalar(11);
  }
};

Stack two_layers() {
  const Stream stream(3, Purpose::initial_weights);
  return {{make_rbm("bernoulli", "bernoulli", 6, 5, stream, 0.8),
           make_autoencoder(5, 4, "tanh", ReconstructionLoss::cross_entropy, true, stream)}};
}

TEST(EncodedCases, EqualLayerByLayerEncoding) {
  const Ramp ramp;
  const Stack stack = two_layers();
  const EncodedCases encoded(ramp, stack);
  EXPECT_EQ(encoded.feature_count(), 4);
  EXPECT_EQ(encoded.case_count(), 40);
  const auto all = all_cases(40);
  Matrix x(6, 40), middle(5, 40), expected(4, 40), codes(4, 40);
  ramp.gather_into(all, x);
  encode_into(stack.layers[0], x, middle);
  encode_into(stack.layers[1], middle, expected);
  encoded.gather_into(all, codes);
  EXPECT_EQ(codes, expected);
  // Any smaller batch gives the same columns.
  Matrix few(4, 3);
  encoded.gather_into(std::span(all).subspan(10, 3), few);
  EXPECT_LT((few - expected.middleCols(10, 3)).cwiseAbs().maxCoeff(), Scalar(1e-6));
}

TEST(EncodedCases, EmptyStackPassesThrough) {
  const Ramp ramp;
  const Stack none;
  const EncodedCases same(ramp, none);
  Matrix a(6, 2), b(6, 2);
  const std::vector<Index> cases{3, 39};
  ramp.gather_into(cases, a);
  same.gather_into(cases, b);
  EXPECT_EQ(a, b);
}

// What was there before must not be given back twice.
TEST(EncodedCases, OutliveABatchThatNoMemoryHolds) {
  if (!test::kPlainHeap) GTEST_SKIP() << "a sanitizer ends the program where memory ends";
  const Ramp ramp;
  const Stack stack = two_layers();
  const auto all = all_cases(40);
  Matrix codes(4, 40);
  {
    const EncodedCases encoded(ramp, stack);
    encoded.gather_into(all, codes);
    EXPECT_THROW(encoded.gather_into({all.data(), std::size_t{1} << 50}, codes), std::bad_alloc);
  }
  const EncodedCases again(ramp, stack);
  EXPECT_NO_THROW(again.gather_into(all, codes));
}

TEST(EncodedCases, MemoryIsThatOfTheInputsOfEachLayer) {
  const std::vector<Index> sizes{6, 5};
  EXPECT_EQ(encoded_cases_memory(sizes, 40), 40 * 11 * sizeof(Scalar));
  EXPECT_EQ(encoded_cases_memory({}, 40), 0);
}

}  // namespace
}  // namespace dbn
