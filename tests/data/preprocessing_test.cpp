#include <dbn/data/preprocessing.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/data/case_source.hpp>

namespace dbn {
namespace {

constexpr double kEpsilon = std::numeric_limits<Scalar>::epsilon();

Dataset numbers(Matrix features) {
  Dataset dataset{.name = "numbers", .features = {}, .labels = {}, .classes = {}, .shape = {features.rows()}};
  dataset.features = std::move(features);
  return dataset;
}

Dataset bytes(Dataset::Bytes features, std::vector<Index> shape) {
  return {.name = "bytes", .features = std::move(features), .labels = {}, .classes = {}, .shape = std::move(shape)};
}

Matrix normals(Index features, Index cases) {
  Matrix values = Matrix::Zero(features, cases);
  add_normal_noise(Stream(5, Purpose::synthetic_training), {}, values);
  return values;
}

Matrix scaled(const Preprocessing& preprocessing, const Dataset& dataset) {
  Matrix out(dataset.feature_count(), dataset.case_count());
  dataset.gather_into(all_cases(dataset.case_count()), out);
  preprocessing.apply(out);
  return out;
}

Preprocessing fit_all(const std::string& scale, const Dataset& dataset) {
  return fit_preprocessing(scale, dataset, all_cases(dataset.case_count()));
}

TEST(Preprocessing, NoneLeavesEveryBitAlone) {
  const Dataset dataset = numbers(normals(5, 7));
  EXPECT_EQ(scaled(fit_all("none", dataset), dataset), std::get<Matrix>(dataset.features));
  EXPECT_EQ(scaled(Preprocessing{}, dataset), std::get<Matrix>(dataset.features));
}

// (0.4 + 3) * (1 / 3.4) rounds to just above 1 in float, which a binary unit would refuse; a width of 1e-39 has no
// finite inverse there.
TEST(Preprocessing, MinmaxNeverLeavesItsRange) {
  Matrix values(3, 2);
  values << Scalar(-3.0), Scalar(0.4), Scalar(0), std::numeric_limits<Scalar>::denorm_min(), Scalar(1), Scalar(7);
  const Matrix out = scaled(fit_all("minmax", numbers(values)), numbers(values));
  EXPECT_TRUE(out.allFinite());
  EXPECT_GE(out.minCoeff(), Scalar(0));
  EXPECT_LE(out.maxCoeff(), Scalar(1));
  EXPECT_NEAR(out(0, 1), 1, kEpsilon);
}

TEST(Preprocessing, UnitDividesBytesOfImagesBy255EvenWhenNoneIsWhite) {
  Dataset::Bytes pixels(4, 2);
  pixels << 0, 51, 102, 153, 10, 20, 30, 40;
  const Matrix out = scaled(fit_all("unit", bytes(pixels, {2, 2})), bytes(pixels, {2, 2}));
  // 1/255 is rounded once and the product once more: two units in the last place of at most 1.
  for (Index i = 0; i < out.size(); ++i) EXPECT_NEAR(out(i), pixels(i) / 255.0, 2 * kEpsilon);
}

TEST(Preprocessing, UnitTakesBlackAndWhiteExactlyToZeroAndOne) {
  Dataset::Bytes pixels(4, 1);
  pixels << 0, 255, 255, 0;
  const Matrix out = scaled(fit_all("auto", bytes(pixels, {2, 2})), bytes(pixels, {2, 2}));
  EXPECT_EQ(out, (Matrix(4, 1) << 0, 1, 1, 0).finished());
}

TEST(Preprocessing, UnitDividesATableByItsLargestTrainingValue) {
  Dataset::Bytes table(2, 2);
  table << 0, 4, 16, 8;
  const Matrix out = scaled(fit_all("unit", bytes(table, {2})), bytes(table, {2}));
  EXPECT_EQ(out, (Matrix(2, 2) << 0, 0.25, 1, 0.5).finished());
}

TEST(Preprocessing, MinmaxTakesEachFeatureToZeroAndOne) {
  const Dataset dataset = numbers(normals(6, 40) * Scalar{100});
  const Matrix out = scaled(fit_all("minmax", dataset), dataset);
  for (Index f = 0; f < out.rows(); ++f) {
    EXPECT_EQ(out.row(f).minCoeff(), Scalar{0});
    // Difference, factor and product are each rounded once.
    EXPECT_NEAR(out.row(f).maxCoeff(), 1, 3 * kEpsilon);
  }
}

TEST(Preprocessing, StandardizeGivesMeanZeroAndVarianceOne) {
  Matrix values = normals(6, 300) * Scalar{3};
  values.colwise() += Vector::LinSpaced(6, -50, 50);
  const Dataset dataset = numbers(values);
  // Fit and test add up 300 values in double, each sum rounded 300 times.
  constexpr double kSum = 300 * std::numeric_limits<double>::epsilon();
  const Matrix out = scaled(fit_all("standardize", dataset), dataset);
  for (Index f = 0; f < out.rows(); ++f) {
    const Eigen::ArrayXd row = out.row(f).transpose().cast<double>();
    const double mean = row.mean();
    // The stored mean (at most 51 in size) is rounded by up to half an epsilon of it, and divided by a deviation
    // near 3.
    EXPECT_NEAR(mean, 0, 51 * (kEpsilon + kSum));
    // Stored factor, difference and product are rounded: each value is off by at most three epsilons of its size, the
    // square by six.
    EXPECT_NEAR((row - mean).square().mean(), 1, 8 * (kEpsilon + kSum));
  }
}

TEST(Preprocessing, AConstantFeatureIsOnlyShifted) {
  Matrix values = normals(3, 20);
  values.row(1).setConstant(7);
  for (const char* scale : {"minmax", "standardize"}) {
    const Preprocessing fitted = fit_all(scale, numbers(values));
    EXPECT_TRUE(fitted.factor.allFinite());
    EXPECT_TRUE(scaled(fitted, numbers(values)).row(1).isZero(0)) << scale;
    Matrix later = Matrix::Constant(3, 1, 8);
    fitted.apply(later);
    EXPECT_EQ(later(1, 0), Scalar{1}) << scale;
  }
  EXPECT_TRUE(scaled(fit_all("unit", numbers(Matrix::Zero(2, 3))), numbers(Matrix::Zero(2, 3))).isZero(0));
}

TEST(Preprocessing, IsFittedOnTheNamedCasesOnly) {
  Matrix values(1, 4);
  values << 1, 3, 5, 1000;
  const std::vector<Index> training{0, 1, 2};
  const Preprocessing minmax = fit_preprocessing("minmax", numbers(values), training);
  EXPECT_EQ(minmax.shift[0], Scalar{1});
  EXPECT_EQ(minmax.factor[0], Scalar{0.25});
  EXPECT_EQ(fit_preprocessing("standardize", numbers(values), training).shift[0], Scalar{3});
  EXPECT_EQ(fit_preprocessing("unit", numbers(values), training).factor[0], static_cast<Scalar>(1.0 / 5.0));
  EXPECT_EQ(scaled(minmax, numbers(values))(0, 3), Scalar{249.75});
}

TEST(Preprocessing, AutoChoosesByTheRange) {
  Matrix values(1, 3);
  values << 0, 0.5, 1;
  EXPECT_EQ(fit_all("auto", numbers(values)).scale, "none");
  values << 0, 0.5, 2;
  EXPECT_EQ(fit_all("auto", numbers(values)).scale, "unit");
  values << -1, 0.5, 2;
  EXPECT_EQ(fit_all("auto", numbers(values)).scale, "standardize");
}

// Difference and product are rounded on the way there, quotient and sum on the way back: each by half an epsilon of
// what it holds, which in the data's units is at most the size of a value or of the shift.
TEST(Preprocessing, InvertGivesTheDataBack) {
  Matrix values = normals(6, 40) * Scalar{3};
  values.colwise() += Vector::LinSpaced(6, -50, 50);
  values.row(2).setConstant(7);
  for (const char* scale : {"none", "minmax", "standardize"}) {
    const Dataset dataset = numbers(values);
    const Preprocessing fitted = fit_all(scale, dataset);
    Matrix back = scaled(fitted, dataset);
    fitted.invert(back);
    const double largest = static_cast<double>(values.cwiseAbs().maxCoeff());
    EXPECT_LE(static_cast<double>((back - values).cwiseAbs().maxCoeff()), 4 * 2 * largest * kEpsilon) << scale;
  }
  Dataset::Bytes pixels(4, 1);
  pixels << 0, 51, 254, 255;
  const Preprocessing unit = fit_all("unit", bytes(pixels, {2, 2}));
  Matrix back = scaled(unit, bytes(pixels, {2, 2}));
  unit.invert(back);
  EXPECT_LE((back - pixels.cast<Scalar>()).cwiseAbs().maxCoeff(), static_cast<Scalar>(4 * 255 * kEpsilon));
  Matrix other(5, 1);
  EXPECT_THROW(fit_all("minmax", numbers(values)).invert(other), InvalidArgument);
}

TEST(Preprocessing, RefusesWhatItCannotServe) {
  const Dataset dataset = numbers(normals(2, 5));
  EXPECT_THROW(fit_all("unit", dataset), DataError);
  EXPECT_THROW(fit_all("Unit", dataset), InvalidArgument);
  EXPECT_THROW(fit_preprocessing("minmax", dataset, {}), InvalidArgument);
  Matrix other(3, 1);
  EXPECT_THROW(fit_all("minmax", dataset).apply(other), InvalidArgument);
}

TEST(Preprocessing, BinarizesScaledValues) {
  Dataset::Bytes pixels(4, 1);
  pixels << 0, 127, 128, 255;
  const Dataset images = bytes(pixels, {2, 2});
  const auto half = Binarization::parse("threshold:0.5", 0);
  EXPECT_EQ(scaled(fit_preprocessing("auto", images, all_cases(1), half), images),
            (Matrix(4, 1) << 0, 0, 1, 1).finished());
  // Without scaling no case need be looked at, as for scaling itself.
  const Preprocessing unscaled = fit_preprocessing("none", images, {}, Binarization::parse("threshold:127", 0));
  EXPECT_EQ(scaled(unscaled, images), (Matrix(4, 1) << 0, 0, 1, 1).finished());
}

TEST(Preprocessing, SamplesByTheNumbersOfCases) {
  const Dataset halves = numbers(Matrix::Constant(50, 4, Scalar(0.5)));
  const Preprocessing fitted = fit_preprocessing("auto", halves, all_cases(4), Binarization::parse("sample", 3));
  Matrix all = std::get<Matrix>(halves.features);
  fitted.apply(all, all_cases(4));
  Matrix some = std::get<Matrix>(halves.features).leftCols(2);
  fitted.apply(some, std::vector<Index>{3, 1});
  EXPECT_EQ(some.col(0), all.col(3));
  EXPECT_EQ(some.col(1), all.col(1));
  EXPECT_NE(all.col(0), all.col(1));
  EXPECT_THROW(fitted.apply(some), InvalidArgument) << "no numbers to draw by";
  EXPECT_THROW(fitted.apply(some, all_cases(3)), InvalidArgument);
}

// Of training values: a later one that is larger counts as 1.
TEST(Preprocessing, SampleWantsProbabilities) {
  const auto sampled = Binarization::parse("sample", 3);
  Matrix values(1, 3);
  values << 0, 1, 4;
  const Dataset dataset = numbers(values);
  for (const char* scale : {"none", "standardize"})
    EXPECT_THAT([&] { fit_preprocessing(scale, dataset, all_cases(3), sampled); },
                testing::ThrowsMessage<DataError>(testing::HasSubstr("--scale minmax")))
        << scale;
  for (const char* scale : {"auto", "unit", "minmax"})
    EXPECT_NO_THROW(fit_preprocessing(scale, dataset, all_cases(3), sampled)) << scale;
  const Preprocessing fitted = fit_preprocessing("none", dataset, all_cases(2), sampled);
  Matrix later = Matrix::Constant(1, 1, 4);
  fitted.apply(later, all_cases(1));
  EXPECT_EQ(later(0, 0), Scalar(1));
}

/// A number, a group of three and a number.
class PreprocessingOfCategories : public testing::Test {
 protected:
  PreprocessingOfCategories() {
    Matrix values(5, 4);
    values << 2, 4, 8, 6,  //
        1, 0, 0, 0,        //
        0, 1, 0, 0,        //
        0, 0, 1, 1,        //
        10, 30, 20, 40;
    table_ = numbers(values);
    table_.schema.columns = {{"x", {}}, {"color", {"blue", "green", "red"}}, {"y", {}}};
    without_ = numbers(values({0, 4}, Eigen::all));
  }
  Preprocessing fit(const std::string& scale, const Binarization& binarization = {}) const {
    return fit_preprocessing(scale, table_, all_cases(4), binarization);
  }

  Dataset table_, without_;
};

TEST_F(PreprocessingOfCategories, NumbersAreScaledAsIfTheyWereAlone) {
  const Matrix raw = std::get<Matrix>(table_.features);
  for (const auto& scale : scale_names()) {
    const Preprocessing fitted = fit(scale);
    EXPECT_EQ(fitted.schema, table_.schema) << scale;
    const Matrix found = scaled(fitted, table_);
    EXPECT_EQ(found({0, 4}, Eigen::all), scaled(fit_preprocessing(scale, without_, all_cases(4)), without_)) << scale;
    EXPECT_EQ(found.middleRows(1, 3), raw.middleRows(1, 3)) << scale;
  }
}

// Categories, which are 0 and 1, must not say how large numbers are.
TEST_F(PreprocessingOfCategories, UnitDividesByTheLargestNumber) {
  std::get<Matrix>(table_.features).row(0) << Scalar(0.125), Scalar(0.25), Scalar(0.25), 0;
  std::get<Matrix>(table_.features).row(4).setZero();
  EXPECT_EQ(scaled(fit("unit"), table_).row(0), (Eigen::Matrix<Scalar, 1, 4>() << Scalar(0.5), 1, 1, 0).finished());
}

TEST_F(PreprocessingOfCategories, BinarizationLeavesCategories) {
  const Matrix raw = std::get<Matrix>(table_.features);
  for (const char* rule : {"threshold:0", "threshold:0.99", "sample"}) {
    Matrix found = raw;
    fit("minmax", Binarization::parse(rule, 3)).apply(found, all_cases(4));
    EXPECT_EQ(found.middleRows(1, 3), raw.middleRows(1, 3)) << rule;
  }
  for (const char* rule : {"threshold:1", "threshold:-0.1"})
    EXPECT_THAT([&] { fit("none", Binarization::parse(rule, 3)); },
                testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("for data with categories")))
        << rule;
}

}  // namespace
}  // namespace dbn
