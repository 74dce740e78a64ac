#pragma once
// Mean and spread of numbers that come one after another.

#include <algorithm>

#include <Eigen/Core>

#include <dbn/core/types.hpp>

namespace dbn {

/// Of several quantities at once, in double, by the update of Welford [1962]: sixty thousand cases do not wash out, and
/// what is constant has a variance of exactly 0.
class Moments {
 public:
  explicit Moments(Index quantities)
      : mean_(Eigen::ArrayXd::Zero(quantities)), squares_(Eigen::ArrayXd::Zero(quantities)) {}

  /// One more observation of each quantity.
  void add(const Eigen::ArrayXd& x) {
    const Eigen::ArrayXd from_mean = x - mean_;
    mean_ += from_mean / static_cast<double>(++count_);
    squares_ += from_mean * (x - mean_);
  }

  Index count() const { return count_; }
  const Eigen::ArrayXd& mean() const { return mean_; }
  /// Sum of squared distances from the mean.
  const Eigen::ArrayXd& squares() const { return squares_; }
  /// Of the observations as a whole population; 0 without any.
  Eigen::ArrayXd variance() const { return squares_ / static_cast<double>(std::max<Index>(count_, 1)); }

 private:
  Eigen::ArrayXd mean_, squares_;
  Index count_ = 0;
};

}  // namespace dbn
