#include <algorithm>
#include <cmath>

#include <dbn/nn/minimizer.hpp>

namespace dbn {
namespace {

constexpr double kSufficientDecrease = 1e-4;
constexpr double kCurvature = 0.1;  // what conjugate directions need: nearly exact searches
constexpr int kMostEvaluations = 20;
constexpr double kLongest = 3;  // a search that must go further goes at most so many times as far

/// A point on the line: how far, the value there and its slope along the line.
struct Point {
  double step = 0;
  double value = 0;
  double slope = 0;
};

/// The minimum of the cubic through two points, kept off both ends; halfway where there is none.
double between(const Point& a, const Point& b) {
  const double low = std::min(a.step, b.step);
  const double high = std::max(a.step, b.step);
  const double middle = (low + high) / 2;
  if (!std::isfinite(b.value) || !std::isfinite(b.slope)) return middle;
  const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
  const double root = d1 * d1 - a.slope * b.slope;
  if (root < 0) return middle;
  const double d2 = std::copysign(std::sqrt(root), b.step - a.step);
  const double step = b.step - (b.step - a.step) * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  if (!std::isfinite(step)) return middle;
  const double margin = 0.1 * (high - low);
  return std::clamp(step, low + margin, high - margin);
}

class ConjugateGradient {
 public:
  ConjugateGradient(Eigen::VectorXd& x, SmoothFunction function, ConjugateGradientBuffers& buffers)
      : x_(x), function_(function), b_(buffers) {
    for (auto* vector : {&b_.gradient, &b_.direction, &b_.from, &b_.from_gradient}) vector->resize(x.size());
  }

  Minimum minimize(Index line_searches) {
    double value = evaluate();
    Minimum result{.start_value = value, .value = value};
    b_.direction = -b_.gradient;
    double slope = -b_.gradient.squaredNorm();
    double step = 1 / (1 - slope);
    for (Index i = 0; i < line_searches && slope < 0 && std::isfinite(slope); ++i) {
      b_.from = x_;
      b_.from_gradient = b_.gradient;
      const Point found = search(value, slope, step);
      if (found.step == 0) break;  // no step lowers the value
      value = found.value;
      const double beta =
          std::max(0.0, b_.gradient.dot(b_.gradient - b_.from_gradient) / b_.from_gradient.squaredNorm());
      b_.direction = beta * b_.direction - b_.gradient;
      double next = b_.direction.dot(b_.gradient);
      if (next >= 0) {
        b_.direction = -b_.gradient;
        next = -b_.gradient.squaredNorm();
      }
      // The next search begins where the same fall of the value is expected, or a little beyond.
      step = found.step * std::min(10.0, slope / next);
      slope = next;
    }
    result.value = value;
    result.evaluations = evaluations_;
    return result;
  }

 private:
  double evaluate() {
    ++evaluations_;
    return function_(x_, b_.gradient);
  }

  Point at(double step) {
    here_ = step;
    x_ = b_.from + step * b_.direction;
    Point point{.step = step, .value = evaluate()};
    point.slope = b_.direction.dot(b_.gradient);
    return point;
  }

  /// Leaves x and its gradient at the point that it returns; step 0 and x as it was when nothing lower was found.
  Point search(double value, double slope, double step) {
    const Point start{0, value, slope};
    Point low = start;  // the best so far whose value falls enough
    Point other = start;
    bool bracketed = false;
    for (int i = 0; i < kMostEvaluations; ++i) {
      const Point tried = at(step);
      const bool falls = tried.value <= value + kSufficientDecrease * step * slope && tried.value < low.value;
      if (falls && std::abs(tried.slope) <= -kCurvature * slope) return tried;
      if (!falls) {  // also where the value is not a number
        other = tried;
        bracketed = true;
      } else {
        if (tried.slope * (bracketed ? other.step - low.step : 1.0) >= 0) {
          other = low;
          bracketed = true;
        }
        low = tried;
      }
      step = bracketed ? between(low, other) : further(low, start);
      if (step == low.step) break;
    }
    if (low.step == 0) {
      x_ = b_.from;
      b_.gradient = b_.from_gradient;
      return start;
    }
    return here_ == low.step ? low : at(low.step);
  }

  /// Beyond the last point, by the slopes there and at the start as if the function were quadratic.
  static double further(const Point& last, const Point& start) {
    const double flattening = last.slope - start.slope;
    const double guess = flattening > 0 ? last.step - last.slope * last.step / flattening : kLongest * last.step;
    return std::clamp(guess, 1.1 * last.step, kLongest * last.step);
  }

  Eigen::VectorXd& x_;
  SmoothFunction function_;
  ConjugateGradientBuffers& b_;
  Index evaluations_ = 0;
  double here_ = 0;  ///< the step at which x stands
};

}  // namespace

Minimum minimize_by_cg(Eigen::VectorXd& x, SmoothFunction function, Index line_searches,
                       ConjugateGradientBuffers& buffers) {
  return ConjugateGradient(x, function, buffers).minimize(line_searches);
}

}  // namespace dbn
