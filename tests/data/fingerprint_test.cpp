#include <dbn/data/fingerprint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbn {
namespace {

Dataset small() {
  Dataset::Bytes bytes(2, 3);
  bytes << 1, 2, 3, 4, 5, 6;
  return {.name = "a", .features = bytes, .labels = {0, 1, 0}, .classes = {"x", "y"}, .shape = {2}};
}

TEST(Fingerprint, SaysHowManyCasesAndFeatures) {
  EXPECT_THAT(fingerprint(small()), testing::MatchesRegex("3 cases of 2 features, crc32 [0-9a-f]{8}"));
}

TEST(Fingerprint, ChangesWithAnythingButTheName) {
  const std::string before = fingerprint(small());
  Dataset same = small();
  same.name = "elsewhere/b";
  EXPECT_EQ(fingerprint(same), before);
  Dataset pixel = small();
  std::get<Dataset::Bytes>(pixel.features)(1, 2) = 7;
  EXPECT_NE(fingerprint(pixel), before);
  Dataset label = small();
  label.labels[2] = 1;
  EXPECT_NE(fingerprint(label), before);
  Dataset unlabelled = small();
  unlabelled.labels.clear();
  EXPECT_NE(fingerprint(unlabelled), before);
  Dataset renamed = small();
  renamed.classes = {"xy", ""};  // the same letters, cut elsewhere
  EXPECT_NE(fingerprint(renamed), before);
  Dataset shaped = small();
  shaped.shape = {1, 2};
  EXPECT_NE(fingerprint(shaped), before);
  Dataset aimed = small();
  set_targets(aimed, Matrix::Zero(1, 3), {});
  EXPECT_NE(fingerprint(aimed), before);
  Dataset other = aimed;
  other.targets(0, 1) = 1;
  EXPECT_NE(fingerprint(other), fingerprint(aimed));
  Dataset numbers = small();
  numbers.features = Matrix(std::get<Dataset::Bytes>(numbers.features).cast<Scalar>());
  EXPECT_NE(fingerprint(numbers), before);
}

TEST(Fingerprint, OfTensorsChangesWithEveryValue) {
  Matrix weights = Matrix::Constant(2, 2, Scalar{1});
  Vector bias = Vector::Zero(2);
  const TensorList list{named("weight", weights), named("bias", bias)};
  const std::string before = fingerprint(list);
  bias(1) = Scalar{1e-20f};
  EXPECT_NE(fingerprint(list), before);
  bias(1) = 0;
  EXPECT_EQ(fingerprint(list), before);
}

}  // namespace
}  // namespace dbn
