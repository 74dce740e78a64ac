#include <dbn/data/synthetic.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <Eigen/Cholesky>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>
#include <dbn/data/case_source.hpp>

namespace dbn {

static void PrintTo(const SyntheticDataset& row, std::ostream* out) { *out << row.name; }

namespace {

using Bytes = Dataset::Bytes;
using Image = Eigen::Map<const Eigen::Matrix<std::uint8_t, 28, 28, Eigen::RowMajor>>;

constexpr Index kSide = 28;

const Stream& training_stream() {
  static const Stream stream(1, Purpose::synthetic_training);
  return stream;
}

const Stream& test_stream() {
  static const Stream stream(1, Purpose::synthetic_test);
  return stream;
}

const Bytes& bytes(const Dataset& dataset) { return std::get<Bytes>(dataset.features); }

Matrix features(const Dataset& dataset) {
  Matrix all(dataset.feature_count(), dataset.case_count());
  const auto everything = all_cases(dataset.case_count());
  dataset.gather_into(everything, all);
  return all;
}

Image image(const Dataset& dataset, Index number) { return Image(bytes(dataset).col(number).data()); }

int label(const Dataset& dataset, Index number) { return dataset.labels[static_cast<std::size_t>(number)]; }

bool says(const Error& error, const std::string& text) {
  return std::string(error.what()).find(text) != std::string::npos;
}

// What every row of the table promises.
class SyntheticLaws : public testing::TestWithParam<SyntheticDataset> {};

INSTANTIATE_TEST_SUITE_P(Table, SyntheticLaws, testing::ValuesIn(synthetic_datasets()), [](const auto& row) {
  std::string name = row.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST_P(SyntheticLaws, RowDescribesTheDataset) {
  const Dataset dataset = GetParam().make(training_stream(), 50);
  EXPECT_NO_THROW(dataset.check());
  EXPECT_EQ(dataset.name, "synthetic:" + GetParam().name);
  EXPECT_EQ(dataset.case_count(), 50);
  EXPECT_EQ(dataset.labels.size(), dataset.classes.empty() ? 0U : 50U);
  EXPECT_FALSE(GetParam().description.empty());
  EXPECT_GE(GetParam().default_training, 1000);
  EXPECT_GE(GetParam().default_test, 1000);
}

TEST_P(SyntheticLaws, SameStreamGivesTheSameBytes) {
  const Dataset once = GetParam().make(training_stream(), 200);
  const Dataset again = GetParam().make(training_stream(), 200);
  EXPECT_EQ(features(once), features(again));
  EXPECT_EQ(once.labels, again.labels);
}

TEST_P(SyntheticLaws, MoreCasesNeverChangeEarlierOnes) {
  const Dataset few = GetParam().make(training_stream(), 37);
  const Dataset many = GetParam().make(training_stream(), 300);
  EXPECT_EQ(features(few), features(many).leftCols(37));
  EXPECT_TRUE(std::equal(few.labels.begin(), few.labels.end(), many.labels.begin()));
}

TEST_P(SyntheticLaws, ThreadsDoNotChangeTheBytes) {
  const int before = thread_count();
  set_thread_count(1);
  const Dataset alone = GetParam().make(training_stream(), 200);
  for (const int threads : {2, 3}) {
    set_thread_count(threads);
    const Dataset together = GetParam().make(training_stream(), 200);
    EXPECT_EQ(features(alone), features(together)) << threads << " threads";
    EXPECT_EQ(alone.labels, together.labels) << threads << " threads";
  }
  set_thread_count(before);
}

TEST_P(SyntheticLaws, SeedAndPurposeChangeTheImages) {
  const Dataset training = GetParam().make(training_stream(), 200);
  const Dataset other_seed = GetParam().make(Stream(2, Purpose::synthetic_training), 200);
  const Dataset test = GetParam().make(test_stream(), 200);
  EXPECT_NE(features(training), features(other_seed));
  EXPECT_NE(features(training), features(test));
  EXPECT_NE(features(other_seed), features(test));
}

TEST_P(SyntheticLaws, CaseCountsOutOfRangeAreRefused) {
  for (const Index cases : {Index{-1}, Index{0}, Index{1} << 32}) {
    try {
      GetParam().make(training_stream(), cases);
      ADD_FAILURE() << cases << " cases were accepted";
    } catch (const InvalidArgument& error) {
      EXPECT_TRUE(says(error, "synthetic:" + GetParam().name)) << error.what();
      EXPECT_TRUE(says(error, std::to_string(cases))) << error.what();
    }
  }
}

TEST(Synthetic, NamesFindTheirRows) {
  for (const SyntheticDataset& row : synthetic_datasets()) EXPECT_EQ(&synthetic_dataset(row.name), &row);
}

TEST(Synthetic, UnknownNameListsTheKnownOnes) {
  try {
    synthetic_dataset("digit");
    FAIL() << "an unknown name was accepted";
  } catch (const InvalidArgument& error) {
    EXPECT_TRUE(says(error, "'digit'")) << error.what();
    for (const SyntheticDataset& row : synthetic_datasets()) EXPECT_TRUE(says(error, row.name)) << error.what();
  }
}

TEST(SyntheticDigits, TenCasesInARowHoldEachDigitOnceInVaryingOrder) {
  const Dataset digits = synthetic_dataset("digits").make(training_stream(), 500);
  std::set<std::vector<int>> orders;
  for (auto block = digits.labels.begin(); block != digits.labels.end(); block += 10) {
    const std::vector<int> order(block, block + 10);
    EXPECT_EQ(std::set<int>(block, block + 10), (std::set<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    orders.insert(order);
  }
  // Two of 50 random orders agree with a chance below 50^2 / 2 / 10! = 4e-4.
  EXPECT_EQ(orders.size(), 50U);
}

TEST(SyntheticDigits, EveryImageHoldsPlausibleInkInsideTheFrame) {
  const Dataset digits = synthetic_dataset("digits").make(training_stream(), 2000);
  // Least ink: an upright line of 20 units that loses 2 x (0.6 jitter + 2.2 bend), at 0.75 pixels per unit, 1.4 pixels
  // wide, of tone 190/255, minus 0.075 of grain on average: 10.4 white pixels. Most: a third of the frame, above
  // which a pen of 3 pixels would have to travel 87 of them.
  for (Index i = 0; i < digits.case_count(); ++i) {
    const auto pixels = image(digits, i);
    const double ink = pixels.cast<double>().sum() / 255;
    ASSERT_GE(ink, 10) << "case " << i;
    ASSERT_LE(ink, kSide * kSide / 3.0) << "case " << i;
    ASSERT_TRUE(pixels.row(0).isZero() && pixels.row(kSide - 1).isZero()) << "case " << i;
    ASSERT_TRUE(pixels.col(0).isZero() && pixels.col(kSide - 1).isZero()) << "case " << i;
  }
}

TEST(SyntheticDigits, OutlinesAreSmoothAndInkVaries) {
  const Dataset digits = synthetic_dataset("digits").make(training_stream(), 500);
  int darkest = 0;
  int palest = 255;
  for (Index i = 0; i < digits.case_count(); ++i) {
    const auto pixels = image(digits, i).cast<int>();
    const int tone = pixels.maxCoeff();
    darkest = std::max(darkest, tone);
    palest = std::min(palest, tone);
    ASSERT_TRUE((pixels.array() > 0 && pixels.array() < tone / 2).any()) << "case " << i;
  }
  EXPECT_GT(darkest, 240);
  EXPECT_LT(palest, 205);
}

// Of the strokes alone: their tones differ by the grain anyway.
TEST(SyntheticDigits, NoTwoShapesAreAlikeInTrainingAndTestCases) {
  std::set<std::string> shapes;
  for (const Stream& stream : {training_stream(), test_stream()}) {
    const Dataset digits = synthetic_dataset("digits").make(stream, 1000);
    for (Index i = 0; i < digits.case_count(); ++i) {
      const Bytes inked = (bytes(digits).col(i).array() > 0).cast<std::uint8_t>();
      shapes.emplace(inked.data(), inked.data() + inked.size());
    }
  }
  EXPECT_EQ(shapes.size(), 2000U);
}

struct Box {
  Index top, left, height, width;
};

Box bounding_box(const Image& pixels) {
  Box box{kSide, kSide, 0, 0};
  Index bottom = 0;
  Index right = 0;
  for (Index row = 0; row < kSide; ++row) {
    for (Index column = 0; column < kSide; ++column) {
      if (pixels(row, column) == 0) continue;
      box.top = std::min(box.top, row);
      box.left = std::min(box.left, column);
      bottom = std::max(bottom, row + 1);
      right = std::max(right, column + 1);
    }
  }
  box.height = bottom - box.top;
  box.width = right - box.left;
  return box;
}

TEST(SyntheticRectangles, EveryImageIsAnOutlineThatObeysTheRules) {
  const Dataset rectangles = synthetic_dataset("rectangles").make(training_stream(), 2000);
  ASSERT_EQ(rectangles.classes, (std::vector<std::string>{"tall", "wide"}));
  for (Index i = 0; i < rectangles.case_count(); ++i) {
    const auto pixels = image(rectangles, i);
    const Box box = bounding_box(pixels);
    ASSERT_GE(std::abs(box.height - box.width), 4) << "case " << i;
    ASSERT_EQ(label(rectangles, i), box.width > box.height ? 1 : 0) << "case " << i;
    for (Index row = 0; row < kSide; ++row) {
      for (Index column = 0; column < kSide; ++column) {
        const Index y = row - box.top;
        const Index x = column - box.left;
        const bool inside = y >= 0 && y < box.height && x >= 0 && x < box.width;
        const bool edge = inside && (y == 0 || x == 0 || y == box.height - 1 || x == box.width - 1);
        ASSERT_EQ(pixels(row, column), edge ? 255 : 0) << "case " << i << ", row " << row << ", column " << column;
      }
    }
  }
}

TEST(SyntheticRectangles, SizesLabelsAndCornersAreUniform) {
  constexpr Index kCases = 10000;
  const Dataset rectangles = synthetic_dataset("rectangles").make(training_stream(), kCases);
  std::map<std::pair<Index, Index>, int> sizes;
  int wide = 0;
  // Of corners away from the frame's start, as a share of the room: mean 1/2, standard deviation at most 1/2.
  double down = 0, across = 0;
  int with_room_down = 0, with_room_across = 0;
  for (Index i = 0; i < kCases; ++i) {
    const Box box = bounding_box(image(rectangles, i));
    ++sizes[{box.height, box.width}];
    wide += label(rectangles, i);
    if (box.height < kSide) down += static_cast<double>(box.top) / static_cast<double>(kSide - box.height);
    if (box.width < kSide) across += static_cast<double>(box.left) / static_cast<double>(kSide - box.width);
    with_room_down += box.height < kSide;
    with_room_across += box.width < kSide;
  }
  // Every bound is five standard deviations, which chance passes once in 1.7 million.
  EXPECT_NEAR(wide, kCases / 2, 5 * std::sqrt(kCases / 4.0));
  EXPECT_NEAR(down / with_room_down, 0.5, 5 * 0.5 / std::sqrt(with_room_down));
  EXPECT_NEAR(across / with_room_across, 0.5, 5 * 0.5 / std::sqrt(with_room_across));

  // 28^2 pairs less the 28 + 2 x 27 + 2 x 26 + 2 x 25 of too small a difference; chi^2 has that many minus one degrees.
  constexpr int kPairs = 28 * 28 - 28 - 2 * 27 - 2 * 26 - 2 * 25;
  constexpr double kExpected = static_cast<double>(kCases) / kPairs;
  double chi2 = (kPairs - static_cast<double>(sizes.size())) * kExpected;
  for (const auto& [size, count] : sizes) chi2 += (count - kExpected) * (count - kExpected) / kExpected;
  EXPECT_NEAR(chi2, kPairs - 1, 5 * std::sqrt(2.0 * (kPairs - 1)));
}

double error_rate(const Matrix& scores, const Dataset& truth, const std::vector<int>& label_of_row) {
  Index wrong = 0;
  for (Index i = 0; i < scores.cols(); ++i) {
    Index best = 0;
    scores.col(i).maxCoeff(&best);
    wrong += label_of_row[static_cast<std::size_t>(best)] != label(truth, i);
  }
  return static_cast<double>(wrong) / static_cast<double>(scores.cols());
}

Matrix scaled(const Dataset& dataset) { return bytes(dataset).cast<Scalar>() / 255; }

// What makes the digits a fair field for deep nets: straight lines do not separate them, yet neighbours are alike.
TEST(SyntheticDigitsSlow, LinearClassifierErrsMuchMoreThanNearestNeighbour) {
  const Dataset training = synthetic_dataset("digits").make(training_stream(), 2000);
  const Dataset test = synthetic_dataset("digits").make(test_stream(), 1000);
  const Matrix x = scaled(training);
  const Matrix t = scaled(test);

  Matrix targets = Matrix::Constant(10, x.cols(), Scalar(-0.1));
  for (Index i = 0; i < x.cols(); ++i) targets(label(training, i), i) = Scalar(0.9);
  // A ridge of 0.05 per case is about where the error is least, so the comparison does not flatter the neighbour.
  Matrix gram = Scalar(100) * Matrix::Identity(x.rows(), x.rows());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(x);
  const Matrix weights = gram.selfadjointView<Eigen::Lower>().ldlt().solve(x * targets.transpose());
  const double linear = error_rate(weights.transpose() * t, test, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});

  // The nearest case has the largest <x, t> - |x|^2 / 2.
  Matrix closeness = x.transpose() * t;
  closeness.colwise() -= x.colwise().squaredNorm().transpose() / 2;
  const double neighbour = error_rate(closeness, test, training.labels);

  // Rates near 0.28 and 0.16 on 1000 cases: one standard deviation is 0.014 of the first, 0.016 of the second less 3/4
  // of the first. Both bounds stay three of these away.
  EXPECT_GE(linear, 0.10);
  EXPECT_LE(linear, 0.35);
  EXPECT_LE(neighbour, 0.75 * linear);
}

TEST(SyntheticSeedLinear, FeaturesAreStandardNormal) {
  const Matrix x = features(synthetic_dataset("seed-linear").make(training_stream(), 1000));
  EXPECT_EQ(x.rows(), 100);
  const auto values = x.cast<double>().array();
  EXPECT_NEAR(values.mean(), 0, 0.015);
  EXPECT_NEAR(values.square().mean(), 1, 0.02);
}

TEST(SyntheticSeedLinear, TheClassIsTheSignOfTheSum) {
  const Dataset dataset = synthetic_dataset("seed-linear").make(training_stream(), 500);
  const Matrix x = features(dataset);
  for (Index i = 0; i < 500; ++i) EXPECT_EQ(label(dataset, i), x.col(i).cast<double>().sum() > 0 ? 1 : 0) << i;
}

TEST(SyntheticBarsAndStripes, EveryImageHasFullLinesOfItsClass) {
  const Dataset dataset = synthetic_dataset("bars-and-stripes").make(training_stream(), 100);
  ASSERT_EQ(dataset.classes, (std::vector<std::string>{"bars", "stripes"}));
  ASSERT_EQ(dataset.shape, (std::vector<Index>{4, 4}));
  for (Index i = 0; i < 100; ++i) {
    const Eigen::Map<const Eigen::Matrix<std::uint8_t, 4, 4, Eigen::RowMajor>> pixels(bytes(dataset).col(i).data());
    for (Index line = 0; line < 4; ++line)
      for (Index at = 0; at < 4; ++at) {
        const bool stripes = label(dataset, i) == 1;
        ASSERT_EQ(pixels(line, at), stripes ? pixels(line, 0) : pixels(0, at)) << "case " << i;
        ASSERT_TRUE(pixels(line, at) == 0 || pixels(line, at) == 255) << "case " << i;
      }
  }
}

// 28 images with probability 1/32, black and white with 2/32: no model's mean log-likelihood over these cases passes
// that of the distribution itself, -(28/32 log 32 + 4/32 log 16) = -3.379093 nats.
TEST(SyntheticBarsAndStripes, AnyMultipleOf32CasesHasTheExactDistribution) {
  for (const Index cases : {Index{32}, Index{96}}) {
    const Dataset dataset = synthetic_dataset("bars-and-stripes").make(training_stream(), cases);
    std::map<std::string, Index> counts;
    for (Index i = 0; i < cases; ++i) {
      const auto pixels = bytes(dataset).col(i);
      ++counts[std::string(pixels.data(), pixels.data() + pixels.size())];
    }
    EXPECT_EQ(counts.size(), 30U);
    EXPECT_EQ(counts[std::string(16, '\0')], 2 * cases / 32);
    EXPECT_EQ(counts[std::string(16, '\xff')], 2 * cases / 32);
    double bound = 0;
    for (const auto& [image, count] : counts) {
      EXPECT_TRUE(count == cases / 32 || image == std::string(16, image[0])) << count;
      const double p = static_cast<double>(count) / static_cast<double>(cases);
      bound += p * std::log(p);
    }
    EXPECT_NEAR(bound, -3.379093, 5e-7);  // as many digits as stand here
  }
}

TEST(SyntheticSpec, SaysWhatToMake) {
  const auto plain = SyntheticSpec::parse("synthetic:digits");
  EXPECT_EQ(plain.generator, &synthetic_dataset("digits"));
  EXPECT_EQ(plain.training, plain.generator->default_training);
  EXPECT_EQ(plain.test, plain.generator->default_test);
  EXPECT_EQ(plain.seed, 0);
  const auto all = SyntheticSpec::parse("synthetic:curves,seed=3,cases=100,test=0");
  EXPECT_EQ(all.generator->name, "curves");
  EXPECT_EQ(all.training, 100);
  EXPECT_EQ(all.test, 0);
  EXPECT_EQ(all.seed, 3);
  EXPECT_THROW(SyntheticSpec::parse("digits"), InvalidArgument);
  EXPECT_FALSE(SyntheticSpec::is("digits"));
}

}  // namespace
}  // namespace dbn
