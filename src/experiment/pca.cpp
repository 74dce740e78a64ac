#include <dbn/experiment/pca.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <Eigen/Eigenvalues>

#include <dbn/core/error.hpp>
#include <dbn/core/function_ref.hpp>
#include <dbn/core/parallel.hpp>

namespace dbn {
namespace {

constexpr Index kBatch = 256;
constexpr Index kTile = 64;  // columns of the covariance that one thread adds to

void check_some(const CaseSource& cases) {
  if (cases.case_count() < 1) throw InvalidArgument("principal components: expected at least one case, found none");
}

void for_each_block(const CaseSource& cases, FunctionRef<void(const Eigen::MatrixXd&)> visit) {
  const auto all = all_cases(cases.case_count());
  Matrix batch(cases.feature_count(), std::min(kBatch, cases.case_count()));
  for_each_batch(all, kBatch, [&](Index, std::span<const Index> part) {
    MatrixRef block = batch.leftCols(std::ssize(part));
    cases.gather_into(part, block);
    visit(block.cast<double>());
  });
}

Eigen::VectorXd mean_of(const CaseSource& cases) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(cases.feature_count());
  for_each_block(cases, [&](const Eigen::MatrixXd& block) { sum += block.rowwise().sum(); });
  return sum / static_cast<double>(cases.case_count());
}

// Its lower triangle. Cases are centred before they are multiplied, so that a mean far from 0 costs no digits.
Eigen::MatrixXd covariance_of(const CaseSource& cases, const Eigen::VectorXd& mean) {
  const Index features = cases.feature_count();
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(features, features);
  const Tiles tiles(features, kTile);
  for_each_block(cases, [&](const Eigen::MatrixXd& block) {
    const Eigen::MatrixXd centred = block.colwise() - mean;
    parallel_for(tiles.count(), [&](Index t) {
      const Index first = tiles.first(t), length = tiles.length(t), below = features - first;
      sum.block(first, first, below, length).noalias() +=
          centred.bottomRows(below) * centred.middleRows(first, length).transpose();
    });
  });
  return sum / static_cast<double>(cases.case_count());
}

}  // namespace

Pca principal_components(const CaseSource& cases, Index width) {
  check_some(cases);
  const Index features = cases.feature_count();
  if (width < 1 || width > features)
    throw InvalidArgument(
        fmt::format("principal components: expected a width from 1 to the {} features, found {}", features, width));
  Eigen::VectorXd mean = mean_of(cases);
  const Eigen::MatrixXd covariance = covariance_of(cases, mean);
  if (!covariance.allFinite())
    throw DataError("principal components: expected features with a finite variance; try --scale minmax");
  // Eigenvalues come in ascending order.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  return {.mean = std::move(mean),
          .components = solver.eigenvectors().rightCols(width).rowwise().reverse(),
          .variances = solver.eigenvalues().reverse()};
}

double reconstruction_error(const Pca& pca, const CaseSource& cases) {
  check_some(cases);
  if (cases.feature_count() != pca.mean.size())
    throw InvalidArgument(fmt::format("principal components: expected cases of {} features, found {}", pca.mean.size(),
                                      cases.feature_count()));
  double sum = 0;
  for_each_block(cases, [&](const Eigen::MatrixXd& block) {
    Eigen::MatrixXd left = block.colwise() - pca.mean;
    const Eigen::MatrixXd codes = pca.components.transpose() * left;
    left.noalias() -= pca.components * codes;
    sum += left.squaredNorm();
  });
  return sum / static_cast<double>(cases.case_count());
}

// The covariance (with the copy that the mean over cases is taken in, or the eigenvectors), the components, and a batch
// in Scalar, in double and centred.
double pca_memory(Index features, Index width) {
  const auto f = static_cast<double>(features);
  return sizeof(double) * f * (2 * f + static_cast<double>(width) + 4) +
         f * kBatch * (sizeof(Scalar) + 2 * sizeof(double));
}

}  // namespace dbn
