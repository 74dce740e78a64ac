#include <dbn/data/dataset.hpp>

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

/// Three cases of two features, classes a, b, a.
Dataset small_bytes() {
  Dataset dataset;
  dataset.name = "small.csv";
  Dataset::Bytes bytes(2, 3);
  bytes << 0, 128, 255, 1, 2, 3;
  dataset.features = bytes;
  dataset.shape = {2};
  set_labels(dataset, {"a", "b", "a"});
  return dataset;
}

Dataset small_numbers() {
  Dataset dataset = small_bytes();
  dataset.features = Matrix(std::get<Dataset::Bytes>(dataset.features).cast<Scalar>() * Scalar{-0.25});
  return dataset;
}

TEST(Dataset, CountsCasesAndFeatures) {
  EXPECT_EQ(small_bytes().case_count(), 3);
  EXPECT_EQ(small_bytes().feature_count(), 2);
  EXPECT_EQ(small_numbers().case_count(), 3);
  EXPECT_EQ(Dataset{}.case_count(), 0);
}

TEST(Dataset, GathersNamedCasesInTheirOrder) {
  const std::vector<Index> cases = {2, 0, 2};
  Matrix expected(2, 3);
  expected << 255, 0, 255, 3, 1, 3;
  Matrix batch(2, 3);
  small_bytes().gather_into(cases, batch);
  EXPECT_EQ(batch, expected);
  small_numbers().gather_into(cases, batch);
  EXPECT_EQ(batch, Matrix(expected * Scalar{-0.25}));
}

// A batch is often a block of something wider: nothing outside it may be touched.
TEST(Dataset, GathersIntoABlock) {
  Matrix wide = Matrix::Constant(4, 4, 7);
  small_bytes().gather_into(std::vector<Index>{1, 2}, wide.block(1, 1, 2, 2));
  Matrix expected = Matrix::Constant(4, 4, 7);
  expected.block(1, 1, 2, 2) << 128, 255, 2, 3;
  EXPECT_EQ(wide, expected);
}

// Long enough for a vectorised loop with a remainder, and every byte value occurs.
TEST(Dataset, GathersEveryByteValueExactly) {
  Dataset dataset;
  Dataset::Bytes bytes(259, 2);
  for (Index i = 0; i < bytes.size(); ++i) bytes.data()[i] = static_cast<std::uint8_t>(i % 256);
  dataset.features = bytes;
  Matrix batch(259, 2);
  dataset.gather_into(std::vector<Index>{1, 0}, batch);
  for (Index f = 0; f < 259; ++f) {
    EXPECT_EQ(batch(f, 1), static_cast<Scalar>(f % 256));
    EXPECT_EQ(batch(f, 0), static_cast<Scalar>((f + 259) % 256));
  }
}

TEST(Dataset, GatherRefusesWrongShapesAndCases) {
  Matrix batch(2, 2);
  const Dataset dataset = small_bytes();
  const auto gather = [&](std::vector<Index> cases) { return [&, cases] { dataset.gather_into(cases, batch); }; };
  EXPECT_THROW(gather({0})(), InvalidArgument);
  EXPECT_THAT(gather({0, 3}), ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("case 3"), HasSubstr("small.csv"))));
  EXPECT_THROW(gather({-1, 0})(), InvalidArgument);
  batch.resize(3, 2);
  EXPECT_THAT(gather({0, 1}), ThrowsMessage<InvalidArgument>(HasSubstr("expected a batch of 2 x 2, found 3 x 2")));
}

TEST(Dataset, CheckTakesWhatFits) {
  EXPECT_NO_THROW(small_bytes().check());
  EXPECT_NO_THROW(small_numbers().check());
  Dataset unlabelled = small_bytes();
  unlabelled.labels.clear();
  EXPECT_NO_THROW(unlabelled.check());
}

TEST(Dataset, CheckRefusesShapesThatDoNotMakeUpACase) {
  for (const std::vector<Index>& shape : std::vector<std::vector<Index>>{
           {}, {3}, {1}, {2, 2}, {0}, {-1, -2}, {0, 2}, {Index{1} << 62, 8}, {Index{1} << 32, Index{1} << 32, 2}}) {
    Dataset dataset = small_bytes();
    dataset.shape = shape;
    EXPECT_THROW(dataset.check(), DataError) << testing::PrintToString(shape);
  }
  Dataset dataset = small_bytes();
  dataset.shape = {1, 2, 1};
  EXPECT_NO_THROW(dataset.check());
}

TEST(Dataset, CheckRefusesLabelsBeyondTheClasses) {
  Dataset dataset = small_bytes();
  dataset.labels = {0, kUnlabelled, 2};
  EXPECT_THAT([&] { dataset.check(); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("small.csv"), HasSubstr("case 3 has label 2"))));
  dataset.labels = {0, -2, 1};
  EXPECT_THROW(dataset.check(), DataError);
}

TEST(Dataset, CheckRefusesCountsThatDiffer) {
  Dataset dataset = small_bytes();
  dataset.labels.pop_back();
  EXPECT_THAT([&] { dataset.check(); }, ThrowsMessage<DataError>(HasSubstr("3 cases but 2 labels")));
}

TEST(Dataset, CheckRefusesFeaturesThatAreNotFinite) {
  using Limits = std::numeric_limits<Scalar>;
  for (const Scalar bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
    Dataset dataset = small_numbers();
    std::get<Matrix>(dataset.features)(1, 2) = bad;
    EXPECT_THAT([&] { dataset.check(); }, ThrowsMessage<DataError>(HasSubstr("feature 2 of case 3")));
  }
}

TEST(SetLabels, OrdersIntegersByValue) {
  Dataset dataset = small_bytes();
  set_labels(dataset, {"10", "9", "10"});
  EXPECT_THAT(dataset.classes, ElementsAre("9", "10"));
  EXPECT_THAT(dataset.labels, ElementsAre(1, 0, 1));
}

TEST(SetLabels, OrdersNamesAlphabetically) {
  Dataset dataset = small_bytes();
  set_labels(dataset, {"wide", "9", "10"});
  EXPECT_THAT(dataset.classes, ElementsAre("10", "9", "wide"));
  EXPECT_THAT(dataset.labels, ElementsAre(2, 1, 0));
}

TEST(SetLabels, EmptyTextIsAnUnlabelledCase) {
  Dataset dataset = small_bytes();
  set_labels(dataset, {"", "3", ""});
  EXPECT_THAT(dataset.classes, ElementsAre("3"));
  EXPECT_THAT(dataset.labels, ElementsAre(kUnlabelled, 0, kUnlabelled));
  set_labels(dataset, {"", "", ""});
  EXPECT_THAT(dataset.classes, IsEmpty());
  EXPECT_NO_THROW(dataset.check());
}

TEST(SetLabels, RefusesCountsThatDifferAndChangesNothing) {
  Dataset dataset = small_bytes();
  EXPECT_THAT([&] { set_labels(dataset, {"x", "y"}); }, ThrowsMessage<DataError>(HasSubstr("3 cases but 2 labels")));
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
}

TEST(AdoptClasses, RenumbersLabels) {
  Dataset dataset = small_bytes();
  dataset.labels[2] = kUnlabelled;
  adopt_classes(dataset, {"b", "c", "a"});
  EXPECT_THAT(dataset.labels, ElementsAre(2, 0, kUnlabelled));
  EXPECT_THAT(dataset.classes, ElementsAre("b", "c", "a"));
}

TEST(AdoptClasses, RefusesAnUnknownClassAndChangesNothing) {
  Dataset dataset = small_bytes();
  EXPECT_THAT(
      [&] {
        adopt_classes(dataset, {"a", "c"});
      },
      ThrowsMessage<DataError>(AllOf(HasSubstr("small.csv"), HasSubstr("case 2"), HasSubstr("'b'"))));
  EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
  EXPECT_THAT(dataset.labels, ElementsAre(0, 1, 0));
}

// A class without a case does no harm: keep_first() leaves such classes.
TEST(AdoptClasses, TakesAnUnknownClassThatNoCaseHas) {
  Dataset dataset = small_bytes();
  keep_first(dataset, 1);
  adopt_classes(dataset, {"a", "c"});
  EXPECT_THAT(dataset.labels, ElementsAre(0));
}

TEST(KeepFirst, DropsTheRest) {
  for (Dataset dataset : {small_bytes(), small_numbers()}) {
    Matrix before(2, 2), after(2, 2);
    const std::vector<Index> cases = {0, 1};
    dataset.gather_into(cases, before);
    keep_first(dataset, 2);
    EXPECT_EQ(dataset.case_count(), 2);
    EXPECT_THAT(dataset.labels, ElementsAre(0, 1));
    EXPECT_THAT(dataset.classes, ElementsAre("a", "b"));
    dataset.gather_into(cases, after);
    EXPECT_EQ(before, after);
  }
}

TEST(KeepFirst, MoreThanThereAreIsNoChange) {
  Dataset dataset = small_bytes();
  keep_first(dataset, 4);
  EXPECT_EQ(dataset.case_count(), 3);
  EXPECT_THROW(keep_first(dataset, -1), InvalidArgument);
}

Dataset with_targets() {
  Dataset dataset = small_numbers();
  set_targets(dataset, (Matrix(2, 3) << 1, 2, 3, -4, 5, -6).finished(), {"", "slope"});
  return dataset;
}

TEST(SetTargets, NamesThoseWithoutAName) {
  EXPECT_THAT(with_targets().target_names, ElementsAre("target1", "slope"));
  EXPECT_TRUE(with_targets().has_targets());
  EXPECT_FALSE(small_bytes().has_targets());
  with_targets().check();
}

TEST(SetTargets, RefusesWhatDoesNotFit) {
  Dataset dataset = small_numbers();
  EXPECT_THAT([&] { set_targets(dataset, Matrix::Zero(1, 2), {}); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("3 cases"), HasSubstr("targets of 2"))));
  EXPECT_THAT(
      [&] {
        set_targets(dataset, Matrix::Zero(2, 3), {"a", "a"});
      },
      ThrowsMessage<DataError>(HasSubstr("two targets are named 'a'")));
  Matrix values = Matrix::Zero(2, 3);
  values(1, 2) = std::numeric_limits<Scalar>::quiet_NaN();
  EXPECT_THAT([&] { set_targets(dataset, values, {}); },
              ThrowsMessage<DataError>(HasSubstr("target 2 of case 3 is nan")));
}

TEST(Dataset, CheckCoversTargets) {
  Dataset dataset = with_targets();
  dataset.target_names.pop_back();
  EXPECT_THAT([&] { dataset.check(); }, ThrowsMessage<DataError>(HasSubstr("2 targets but 1 names")));
  dataset = with_targets();
  dataset.targets.conservativeResize(Eigen::NoChange, 2);
  EXPECT_THROW(dataset.check(), DataError);
}

TEST(LabelsToTargets, TakesClassesThatAreNumbers) {
  Dataset dataset = small_bytes();
  set_labels(dataset, {"7", "10", "7"});
  labels_to_targets(dataset);
  EXPECT_EQ(dataset.targets, (Matrix(1, 3) << 7, 10, 7).finished());
  EXPECT_FALSE(dataset.labelled());
  EXPECT_TRUE(dataset.classes.empty());
  dataset = small_bytes();
  EXPECT_THAT([&] { labels_to_targets(dataset); },
              ThrowsMessage<DataError>(HasSubstr("class 'a', which is no number")));
  set_labels(dataset, {"7", "", "7"});
  EXPECT_THAT([&] { labels_to_targets(dataset); }, ThrowsMessage<DataError>(HasSubstr("case 2 has no label")));
}

TEST(AdoptTargets, TakesNamesWhereTheFileHasNone) {
  Dataset dataset = small_numbers();
  set_targets(dataset, (Matrix(2, 3) << 1, 2, 3, -4, 5, -6).finished(), {});
  const Matrix targets = dataset.targets;
  adopt_targets(dataset, {"a", "b"});
  EXPECT_THAT(dataset.target_names, ElementsAre("a", "b"));
  EXPECT_EQ(dataset.targets, targets);
  EXPECT_THAT(
      [&] { adopt_targets(dataset, {"a"}); },
      ThrowsMessage<DataError>(AllOf(HasSubstr("expected 1 targets (a), found 2"), HasSubstr("--label-column"))));
}

// Taken by place, a slope would be measured against a height, and nobody would know.
TEST(AdoptTargets, NamesOfAFileDecideWhichIsWhich) {
  Dataset dataset = with_targets();
  adopt_targets(dataset, {"slope", "target1"});
  EXPECT_THAT(dataset.target_names, ElementsAre("slope", "target1"));
  EXPECT_EQ(dataset.targets, (Matrix(2, 3) << -4, 5, -6, 1, 2, 3).finished());
  EXPECT_THAT(
      [&] {
        adopt_targets(dataset, {"slope", "height"});
      },
      ThrowsMessage<DataError>(AllOf(HasSubstr("slope, height"), HasSubstr("--label-column"))));
}

TEST(KeepFirst, DropsTargetsToo) {
  Dataset dataset = with_targets();
  keep_first(dataset, 2);
  dataset.check();
  EXPECT_EQ(dataset.targets, (Matrix(2, 2) << 1, 2, -4, 5).finished());
}

TEST(PadFeatures, AppendsZerosToSparseCasesOnly) {
  Dataset dataset{.name = "d",
                  .features = Dataset::Bytes{Dataset::Bytes::Constant(2, 3, 7)},
                  .labels = {},
                  .classes = {},
                  .shape = {2}};
  pad_features(dataset, 4);
  EXPECT_EQ(dataset.feature_count(), 2);
  dataset.sparse = true;
  pad_features(dataset, 1);
  EXPECT_EQ(dataset.feature_count(), 2);
  pad_features(dataset, 4);
  dataset.check();
  Eigen::MatrixXi expected = Eigen::MatrixXi::Zero(4, 3);
  expected.topRows(2).setConstant(7);
  EXPECT_EQ(std::get<Dataset::Bytes>(dataset.features).cast<int>(), expected);
}

}  // namespace
}  // namespace dbn
