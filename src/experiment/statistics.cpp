#include <dbn/experiment/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <dbn/core/error.hpp>

#include "finite_values.hpp"

namespace dbn {
namespace {

constexpr std::size_t kMostExact = 25;

// Most that rounding can change a difference of such values by: they themselves and the difference are rounded.
double rounding(std::span<const double> a, std::span<const double> b) {
  double largest = 0;
  for (const auto values : {a, b})
    for (const double x : values) largest = std::max(largest, std::abs(x));
  return 4 * std::numeric_limits<double>::epsilon() * largest;
}

bool nearer_zero(double x, double y) { return std::abs(x) < std::abs(y); }

// Gives all whose sizes are within the tolerance of each other the same size, and 0 to those within it of 0.
void make_ties(std::span<double> d, double tolerance) {
  std::vector<double*> by_size(d.size());
  std::transform(d.begin(), d.end(), by_size.begin(), [](double& x) { return &x; });
  std::sort(by_size.begin(), by_size.end(), [](const double* x, const double* y) { return nearer_zero(*x, *y); });
  double size = 0;
  for (double* x : by_size) {
    if (std::abs(*x) - size > tolerance) size = std::abs(*x);
    *x = std::copysign(size, *x);
  }
}

// Signed ranks of non-zero differences, doubled so that the mean rank of a tie is whole.
struct SignedRanks {
  std::vector<int> doubled;
  int positive = 0;           ///< sum over positive differences
  double tie_correction = 0;  ///< sum over ties of t^3 - t
};

SignedRanks signed_ranks(std::vector<double> d) {
  std::erase(d, 0.0);
  std::sort(d.begin(), d.end(), nearer_zero);
  SignedRanks ranks;
  for (std::size_t i = 0; i < d.size();) {
    std::size_t end = i;
    while (end < d.size() && !nearer_zero(d[i], d[end])) ++end;
    const int doubled = static_cast<int>(i + 1 + end);  // twice the mean of ranks i + 1 ... end
    const auto ties = static_cast<double>(end - i);
    ranks.tie_correction += ties * ties * ties - ties;
    for (; i < end; ++i) {
      ranks.doubled.push_back(doubled);
      if (d[i] > 0) ranks.positive += doubled;
    }
  }
  return ranks;
}

// Share of the 2^n sign patterns at least as far from the middle as the one seen.
double exact_p(const SignedRanks& ranks) {
  const int total = std::accumulate(ranks.doubled.begin(), ranks.doubled.end(), 0);
  std::vector<double> ways(static_cast<std::size_t>(total) + 1, 0);
  ways[0] = 1;
  for (const int rank : ranks.doubled)
    for (int sum = total; sum >= rank; --sum)
      ways[static_cast<std::size_t>(sum)] += ways[static_cast<std::size_t>(sum - rank)];
  const int seen = std::abs(2 * ranks.positive - total);
  double extreme = 0;
  for (int sum = 0; sum <= total; ++sum)
    if (std::abs(2 * sum - total) >= seen) extreme += ways[static_cast<std::size_t>(sum)];
  return std::min(1.0, extreme / std::exp2(static_cast<double>(ranks.doubled.size())));
}

double approximate_p(const SignedRanks& ranks) {
  const auto n = static_cast<double>(ranks.doubled.size());
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranks.tie_correction / 48;
  const double z = std::abs(0.5 * ranks.positive - n * (n + 1) / 4) / std::sqrt(variance);
  return 2 * cdf(complement(boost::math::normal(), z));
}

}  // namespace

// Counted from the first value, so that equal values have a deviation of exactly 0.
MeanEstimate mean_estimate(std::span<const double> values, double level) {
  if (values.empty()) throw InvalidArgument("mean: expected at least one value, found none");
  detail::check_finite(values, "mean");
  if (!(level > 0 && level < 1))
    throw InvalidArgument(fmt::format("mean: expected a level of its interval between 0 and 1, found {}", level));
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double x : values) sum += x - values.front();
  MeanEstimate estimate;
  estimate.mean = values.front() + sum / n;
  if (values.size() < 2) return estimate;
  double squares = 0;
  for (const double x : values) squares += (x - estimate.mean) * (x - estimate.mean);
  estimate.deviation = std::sqrt(squares / (n - 1));
  if (estimate.deviation == 0) return estimate;
  const double t = quantile(complement(boost::math::students_t(n - 1), (1 - level) / 2));
  const double half = t * estimate.deviation / std::sqrt(n);
  estimate.interval = {{estimate.mean - half, estimate.mean + half}};
  return estimate;
}

std::vector<double> paired_differences(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size())
    throw InvalidArgument(fmt::format("paired values: expected equally many, found {} and {}", a.size(), b.size()));
  detail::check_finite(a, "paired values");
  detail::check_finite(b, "paired values");
  std::vector<double> d(a.size());
  std::transform(a.begin(), a.end(), b.begin(), d.begin(), std::minus<>());
  make_ties(d, rounding(a, b));
  return d;
}

MeanEstimate paired_difference(std::span<const double> a, std::span<const double> b) {
  return mean_estimate(paired_differences(a, b));
}

double wilcoxon_signed_rank(std::span<const double> a, std::span<const double> b) {
  const SignedRanks ranks = signed_ranks(paired_differences(a, b));
  if (ranks.doubled.empty()) return 1;
  return ranks.doubled.size() <= kMostExact ? exact_p(ranks) : approximate_p(ranks);
}

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return p[i] < p[j]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace dbn
