// Layers of several groups of unit types.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/units/unit_type.hpp>

namespace dbn {
namespace {

/// A layer of groups is its groups, whatever is asked of it.
class MixedUnits : public testing::Test {
 protected:
  std::shared_ptr<const UnitType> type_ = unit_type("gaussian-learned:0-2,softmax:3-6,bernoulli:7-");
  Vector log_variance_ = Vector::LinSpaced(10, -1, 1);
  UnitContext context_{.log_variance = &log_variance_};
  Matrix input_ = [] {
    Matrix input = Matrix::Zero(10, 5);
    add_normal_noise(Stream(2, Purpose::initial_weights), {}, input);
    return input;
  }();
};

TEST_F(MixedUnits, TreatEachGroupByItsType) {
  Matrix mean = input_;
  type_->mean_in_place(mean, context_);
  Matrix softmax = input_.middleRows(3, 4), bernoulli = input_.bottomRows(3);
  unit_type("softmax")->mean_in_place(softmax);
  unit_type("bernoulli")->mean_in_place(bernoulli);
  EXPECT_TRUE(mean.topRows(3) == input_.topRows(3));
  EXPECT_TRUE(mean.middleRows(3, 4) == softmax);
  EXPECT_TRUE(mean.bottomRows(3) == bernoulli);
  const Eigen::VectorXd parts = unit_type("gaussian-learned")->log_partition(input_.topRows(3), context_) +
                                unit_type("softmax")->log_partition(input_.middleRows(3, 4)) +
                                unit_type("bernoulli")->log_partition(input_.bottomRows(3));
  EXPECT_TRUE(type_->log_partition(input_, context_).isApprox(parts, 1e-12));
  EXPECT_TRUE(type_->learns_variance(2));
  EXPECT_FALSE(type_->learns_variance(3));
}

TEST_F(MixedUnits, DrawEachGroupFromNumbersOfItsOwn) {
  Matrix mean = input_, states(10, 5);
  type_->mean_and_states(Stream(3, Purpose::visible_states), {}, mean, states, context_);
  for (Index c = 0; c < 5; ++c) EXPECT_EQ(states.col(c).segment(3, 4).sum(), Scalar{1});
  EXPECT_TRUE((states.bottomRows(3).array() == Scalar{0} || states.bottomRows(3).array() == Scalar{1}).all());
  // The groups' draws do not overlap: normals of units 0 to 3, a uniform of 4, uniforms of 8 to 10.
  Matrix bernoulli = input_.bottomRows(3), drawn(3, 5);
  unit_type("bernoulli")->mean_and_states(Stream(3, Purpose::visible_states), {.unit = 8}, bernoulli, drawn);
  EXPECT_TRUE(states.bottomRows(3) == drawn);
}

TEST(MixedUnitsText, IsCheckedAgainstTheLayer) {
  EXPECT_NO_THROW(unit_type("bernoulli:0-3,gaussian:4-5")->check(6));
  EXPECT_NO_THROW(unit_type("bernoulli:0-3,gaussian:4-")->check(6));
  EXPECT_NO_THROW(unit_type("gaussian:0,bernoulli:1-")->check(2));
  EXPECT_THROW(unit_type("bernoulli:0-3,gaussian:4-5")->check(7), InvalidArgument);
  EXPECT_THROW(unit_type("bernoulli:0-3,gaussian:4-")->check(4), InvalidArgument);
  for (const char* text :
       {"bernoulli:1-3", "bernoulli:0-3,gaussian:5-", "bernoulli:0-3,gaussian:3-", "bernoulli:0-,gaussian:4-",
        "bernoulli:3-0", "bernoulli:", "bernoulli:a-b", "binary:0-3", "bernoulli:0-3,", "relu:0-3",
        "replicated-softmax:0-3", "bernoulli:0-3,gaussian", "bernoulli:0-99999999999999999999"})
    EXPECT_THROW(unit_type(text), InvalidArgument) << text;
}

TEST(MixedUnitsText, NamesTheGroupThatDataDoNotSuit) {
  const auto type = unit_type("gaussian:0-1,bernoulli:2-");
  const Vector any = Vector::Constant(4, Scalar{0.5});
  const Vector least = (Vector(4) << -5, -5, 0, 0).finished();
  EXPECT_EQ(type->objection({any, any, least, Vector::Ones(4)}), "");
  EXPECT_THAT(type->objection({any, any, least, (Vector(4) << 1, 1, 1, 2).finished()}),
              testing::HasSubstr("features 2 to 3"));
}

}  // namespace
}  // namespace dbn
