#include <dbn/rbm/tempering.hpp>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "../support/statistics.hpp"
#include "../support/tiny_rbm.hpp"

namespace dbn {
namespace {

using test::all_states;
using test::tiny_rbm;

const Stream kStart(1, Purpose::chain_start), kHidden(1, Purpose::hidden_states), kVisible(1, Purpose::visible_states),
    kSwaps(1, Purpose::swaps);

void run(Tempering& tempering, std::uint32_t steps) {
  for (std::uint32_t i = 0; i < steps; ++i) tempering.step(kHidden, kVisible, kSwaps, i);
}

// Joint states at temperature 1, while swaps come and go: a rule of exchange with a wrong sign would put the hot
// replicas' states there.
TEST(Tempering, TheColdReplicaFollowsTheModel) {
  constexpr Index kChains = 4000;
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 3, 2, 1.5);
  Tempering tempering(rbm, kChains, 4, kStart);
  run(tempering, 60);
  Matrix visible(3, kChains), hidden(2, kChains);
  tempering.model_states_into(visible, hidden);
  const Eigen::MatrixXd joint = test::naive_joint(rbm);
  std::vector<double> found(32, 0), expected;
  for (Index c = 0; c < kChains; ++c)
    ++found[static_cast<std::size_t>(visible(0, c) + 2 * visible(1, c) + 4 * visible(2, c) + 8 * hidden(0, c) +
                                     16 * hidden(1, c))];
  for (Index h = 0; h < 4; ++h)
    for (Index v = 0; v < 8; ++v) expected.push_back(kChains * joint(v, h) / joint.sum());
  EXPECT_LT(test::chi_square(found, expected), test::chi_square_bound(31));
}

// Without weights all temperatures are one, and every proposal is taken; each pair is tried every second step.
TEST(Tempering, SwapsAlwaysWhereTemperaturesMakeNoDifference) {
  Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  rbm.weights.setZero();
  Tempering tempering(rbm, 10, 5, kStart);
  run(tempering, 400);
  // A running share that started at 0 has 0.99^200 = 0.134 of its way left.
  for (const Scalar rate : tempering.swap_rates())
    EXPECT_NEAR(static_cast<double>(rate), 1 - std::pow(0.99, 200), 1e-4);
}

// A replica far away in temperature is another machine, whose states are seldom wanted.
TEST(Tempering, SwapsSeldomWhereTemperaturesAreFarApart) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli", 40, 30, 2);
  Tempering two(rbm, 10, 2, kStart), many(rbm, 10, 40, kStart);
  run(two, 300);
  run(many, 300);
  EXPECT_LT(two.swap_rates()[0], many.swap_rates().minCoeff());
}

TEST(Tempering, NeedsTwoTemperatures) {
  const Rbm rbm = tiny_rbm("bernoulli", "bernoulli");
  EXPECT_THROW(Tempering(rbm, 10, 1, kStart), InvalidArgument);
}

}  // namespace
}  // namespace dbn
