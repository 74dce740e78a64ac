// Centred RBMs learn data and their negative alike, and better than plain ones [Melchior, Fischer & Wiskott 2016]:
// MNIST thresholded, 16 hidden units, so that the likelihood is exact.

#include <array>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/rbm/exact_likelihood.hpp>

#include "rbm_arms.hpp"
#include "recipe_table.hpp"
#include "steps.hpp"

namespace dbn::detail {
namespace {

/// Every value x becomes 1 - x.
class NegativeCases final : public CaseSource {
 public:
  explicit NegativeCases(const CaseSource& cases) : cases_(cases) {}
  Index case_count() const override { return cases_.case_count(); }
  Index feature_count() const override { return cases_.feature_count(); }
  void gather_into(std::span<const Index> cases, MatrixRef out) const override {
    cases_.gather_into(cases, out);
    out.array() = Scalar{1} - out.array();
  }

 private:
  const CaseSource& cases_;
};

/// Both ways of training, on the data and on their negative.
struct Sides {
  ArmRuns data, negative;
};

class Centering final : public Recipe {
 public:
  std::vector<RecipeSection> options() override { return sections_of(arms_); }
  OptionFields published() override {
    return {{.name = "log-likelihood", .value = &published_, .help = "of test cases, nats: centred, plain"},
            {.name = "negative-log-likelihood", .value = &published_negative_, .help = "the same of the negative"},
            {.name = "least", .value = &least_, .help = "of the centred RBM"},
            {.name = "least-gain", .value = &least_gain_, .help = "of the centred over the plain one"},
            {.name = "most-distance", .value = &most_distance_, .help = "of the centred one from data to negative"}};
  }
  void check(const RecipeRun& run) const override {
    check_one_rbm(arms_);
    if (!run.data.training || !run.data.test)
      throw InvalidArgument("recipe: expected training and test cases; see --data and --test");
    if (published_.size() != arms_.size() || published_negative_.size() != arms_.size())
      throw InvalidArgument("centering: expected a published number for each arm");
  }
  double memory(const RecipeRun& run) const override {
    const Dataset& data = *run.data.training;
    const double test = static_cast<double>(run.data.test->case_count()) * static_cast<double>(data.feature_count());
    return arms_memory(arms_, data.feature_count(), data.case_count()) + 2 * sizeof(Scalar) * test;
  }

  RecipeResult run(const RecipeRun& run) const override {
    const PreparedCases training = training_cases(run);
    const NegativeCases negative(training);
    const Matrix test = all_of(test_cases(run));
    const Matrix negative_test = (Scalar{1} - test.array()).matrix();
    std::vector<Sides> sides(arms_.size());
    for (Index i = 0; i < run.seeds; ++i)
      for (std::size_t a = 0; a < arms_.size(); ++a) {
        const std::uint64_t seed = run.seed + static_cast<std::uint64_t>(i);
        const std::string piece = fmt::format("seed {}, {}", seed, arms_[a].name);
        run_arm(
            run, arms_[a], piece, training, seed, [&](const Rbm& rbm) { return exact_log_likelihood(rbm, test); },
            sides[a].data);
        run_arm(
            run, arms_[a], piece + ", negative", negative, seed,
            [&](const Rbm& rbm) { return exact_log_likelihood(rbm, negative_test); }, sides[a].negative);
      }
    return report(sides);
  }

 private:
  static std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> all;
    for (std::size_t i = 0; i < a.size(); ++i) all.push_back(a[i] - b[i]);
    return all;
  }

  RecipeResult report(const std::vector<Sides>& sides) const {
    RecipeResult result;
    const auto add = [&](const std::string& what, const std::string& published, const std::vector<double>& values,
                         double seconds) {
      result.rows.push_back(recipe_row(what, published, values, seconds));
      return &result.rows.back();
    };
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      const std::string what = "test log-likelihood, nats, " + arms_[a].what;
      RecipeRow* row =
          add(what, fmt::format("{:g}", published_[a]), sides[a].data.log_likelihood, mean_of(sides[a].data.seconds));
      if (a == 0) row->target = at_least(least_, row->measured);
      add(what + ", of the negative", fmt::format("{:g}", published_negative_[a]), sides[a].negative.log_likelihood,
          mean_of(sides[a].negative.seconds));
    }
    RecipeRow* gain = add("centred minus plain, nats", fmt::format("{:.2f}", published_[0] - published_[1]),
                          differences(sides[0].data.log_likelihood, sides[1].data.log_likelihood), 0);
    gain->target = at_least(least_gain_, gain->measured);
    RecipeRow* flip =
        add("centred, negative minus data, nats", fmt::format("{:.2f}", published_negative_[0] - published_[0]),
            differences(sides[0].negative.log_likelihood, sides[0].data.log_likelihood), 0);
    flip->target = within(most_distance_, 0, flip->measured);
    return result;
  }

  std::vector<RbmArm> arms_{{"centered", "centred"}, {"plain", "plain"}};
  std::vector<double> published_{0, 0}, published_negative_{0, 0};
  double least_ = 0, least_gain_ = 0, most_distance_ = 0;
};

}  // namespace

std::unique_ptr<Recipe> make_centering() { return std::make_unique<Centering>(); }

}  // namespace dbn::detail
