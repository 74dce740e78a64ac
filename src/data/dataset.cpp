#include <dbn/data/dataset.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>

#include "names.hpp"

namespace dbn {
namespace {

using detail::in_order;
using detail::integer_in;
using detail::listed;

/// Out of its caller so that the compiler sees two plain pointers that do not overlap, and vectorises.
template <typename Element>
void convert(const Element* __restrict__ from, Scalar* __restrict__ to, Index count) {
  for (Index i = 0; i < count; ++i) to[i] = static_cast<Scalar>(from[i]);
}

template <typename Held>
void gather(const Held& matrix, std::span<const Index> cases, MatrixRef out) {
  for (std::size_t i = 0; i < cases.size(); ++i)
    convert(matrix.data() + cases[i] * matrix.rows(), out.data() + static_cast<Index>(i) * out.outerStride(),
            matrix.rows());
}
void gather(const StoredCases& stored, std::span<const Index> cases, MatrixRef out) { stored.gather_into(cases, out); }

template <typename Held>
void keep_columns(Held& matrix, Index count) {
  matrix.conservativeResize(Eigen::NoChange, count);
}
void keep_columns(StoredCases& stored, Index count) { stored.keep_first(count); }

template <typename Held>
void pad_rows(Held& matrix, Index count) {
  const Index own = matrix.rows();
  matrix.conservativeResize(count, Eigen::NoChange);
  matrix.bottomRows(count - own).setZero();
}
void pad_rows(StoredCases&, Index) {}  // a file that is read where it lies names all features

/// Divides instead of multiplying, so that no shape can overflow.
bool shape_holds(const std::vector<Index>& shape, Index features) {
  for (const Index extent : shape) {
    if (extent < 1 || features % extent != 0) return false;
    features /= extent;
  }
  return features == 1;
}

[[noreturn]] void refuse_count(const Dataset& dataset, std::size_t labels) {
  throw DataError(fmt::format("{}: {} cases but {} labels: cases and labels must come from the same set", dataset.name,
                              dataset.case_count(), labels));
}

void check_labels(const Dataset& dataset) {
  if (!dataset.labelled()) return;
  if (static_cast<Index>(dataset.labels.size()) != dataset.case_count()) refuse_count(dataset, dataset.labels.size());
  const auto classes = static_cast<int>(dataset.classes.size());
  const auto fits = [&](int label) { return label == kUnlabelled || (label >= 0 && label < classes); };
  const auto bad = std::find_if_not(dataset.labels.begin(), dataset.labels.end(), fits);
  if (bad != dataset.labels.end())
    throw DataError(fmt::format("{}: case {} has label {}, but there are {} classes (labels 0 to {})", dataset.name,
                                bad - dataset.labels.begin() + 1, *bad, classes, classes - 1));
}

/// `what` is what a row of the numbers is, `first` the case of their first column.
void check_finite(const Dataset& dataset, const ConstMatrixRef& numbers, const char* what, Index first = 0) {
  if (all_finite(numbers)) return;
  for (Index c = 0; c < numbers.cols(); ++c)
    for (Index r = 0; r < numbers.rows(); ++r)
      if (!std::isfinite(numbers(r, c)))
        throw DataError(fmt::format("{}: {} {} of case {} is {}; expected a finite number that fits {}", dataset.name,
                                    what, r + 1, first + c + 1, numbers(r, c),
                                    sizeof(Scalar) == sizeof(float) ? "single precision" : "double precision"));
}

void check_targets(const Dataset& dataset) {
  const auto& names = dataset.target_names;
  if (static_cast<Index>(names.size()) != dataset.targets.rows())
    throw DataError(
        fmt::format("{}: {} targets but {} names of targets", dataset.name, dataset.targets.rows(), names.size()));
  if (!dataset.has_targets()) return;
  if (dataset.targets.cols() != dataset.case_count())
    throw DataError(fmt::format("{}: {} cases but targets of {}: cases and targets must come from the same set",
                                dataset.name, dataset.case_count(), dataset.targets.cols()));
  std::set<std::string_view> seen;
  for (const auto& name : names)
    if (!seen.insert(name).second)
      throw DataError(fmt::format("{}: two targets are named '{}'; give them different names", dataset.name, name));
  check_finite(dataset, dataset.targets, "target");
}

/// The distinct texts, in the order that set_labels() promises.
std::vector<std::string> classes_in(const std::vector<std::string>& texts) {
  std::set<std::string, std::less<>> distinct(texts.begin(), texts.end());
  distinct.erase("");
  return in_order(distinct);
}

/// Where each of `names` stands in `classes`; kUnlabelled for one that does not.
std::vector<int> positions(const std::vector<std::string>& names, const std::vector<std::string>& classes) {
  std::unordered_map<std::string_view, int> place;
  for (const auto& name : classes) place.emplace(name, static_cast<int>(place.size()));
  std::vector<int> found;
  found.reserve(names.size());
  for (const auto& name : names) {
    const auto at = place.find(name);
    found.push_back(at == place.end() ? kUnlabelled : at->second);
  }
  return found;
}

// Of a target that its file does not name.
std::string made_up_name(std::size_t target, std::size_t count) {
  return count == 1 ? "target" : fmt::format("target{}", target + 1);
}

bool has_header(const std::vector<std::string>& target_names) {
  for (std::size_t i = 0; i < target_names.size(); ++i)
    if (target_names[i] != made_up_name(i, target_names.size())) return true;
  return false;
}

}  // namespace

Index Dataset::case_count() const {
  return std::visit([](const auto& matrix) { return matrix.cols(); }, features);
}

Index Dataset::feature_count() const {
  return std::visit([](const auto& matrix) { return matrix.rows(); }, features);
}

bool Dataset::holds_bytes() const {
  if (const auto* stored = std::get_if<StoredCases>(&features)) return stored->type().is_byte();
  return std::holds_alternative<Bytes>(features);
}

void Dataset::gather_into(std::span<const Index> cases, MatrixRef out) const {
  if (out.rows() != feature_count() || out.cols() != static_cast<Index>(cases.size()))
    throw InvalidArgument(fmt::format("gather_into: expected a batch of {} x {}, found {} x {}", feature_count(),
                                      cases.size(), out.rows(), out.cols()));
  const Index count = case_count();
  const auto bad = std::find_if(cases.begin(), cases.end(), [=](Index c) { return c < 0 || c >= count; });
  if (bad != cases.end())
    throw InvalidArgument(fmt::format("gather_into: case {} is not among the {} cases of {}", *bad, count, name));

  std::visit([&](const auto& held) { gather(held, cases, out); }, features);
}

void Dataset::for_each_block(FunctionRef<void(Index first, const ConstMatrixRef& block)> visit) const {
  constexpr Index kMostCases = 256;
  constexpr Index kMostNumbers = Index{1} << 20;  // of several cases
  const Index most = std::clamp(kMostNumbers / std::max<Index>(feature_count(), 1), Index{1}, kMostCases);
  const Index count = case_count();
  Matrix block(feature_count(), std::min(most, count));
  std::vector<Index> cases(static_cast<std::size_t>(block.cols()));
  for (Index first = 0; first < count; first += most) {
    const Index length = std::min(most, count - first);
    std::iota(cases.begin(), cases.end(), first);
    gather_into(std::span(cases).first(static_cast<std::size_t>(length)), block.leftCols(length));
    visit(first, block.leftCols(length));
  }
}

void Dataset::check() const {
  if (!shape_holds(shape, feature_count()))
    throw DataError(fmt::format("{}: a case of shape {} does not have {} features", name, fmt::join(shape, " × "),
                                feature_count()));
  if (!schema.empty() && schema.feature_count() != feature_count())
    throw DataError(
        fmt::format("{}: columns of {} features, but cases of {}", name, schema.feature_count(), feature_count()));
  check_labels(*this);
  check_targets(*this);
  if (const auto* numbers = std::get_if<Matrix>(&features)) check_finite(*this, *numbers, "feature");
  if (const auto* stored = std::get_if<StoredCases>(&features); stored != nullptr && stored->type().kind == 'f')
    for_each_block([&](Index first, const ConstMatrixRef& block) { check_finite(*this, block, "feature", first); });
}

void adopt_classes(Dataset& dataset, const std::vector<std::string>& classes) {
  check_labels(dataset);
  const auto moved = positions(dataset.classes, classes);
  std::vector<int> labels = dataset.labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnlabelled) continue;
    const auto old = static_cast<std::size_t>(labels[i]);
    labels[i] = moved[old];
    if (labels[i] == kUnlabelled)
      throw DataError(fmt::format("{}: case {} has class '{}', which the training cases do not have: they have {}",
                                  dataset.name, i + 1, dataset.classes[old], listed(classes)));
  }
  dataset.labels = std::move(labels);
  dataset.classes = classes;
}

void set_labels(Dataset& dataset, const std::vector<std::string>& texts) {
  if (static_cast<Index>(texts.size()) != dataset.case_count()) refuse_count(dataset, texts.size());
  dataset.classes = classes_in(texts);
  dataset.labels = positions(texts, dataset.classes);
}

void set_targets(Dataset& dataset, Matrix targets, std::vector<std::string> names) {
  const auto count = static_cast<std::size_t>(targets.rows());
  names.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    if (names[i].empty()) names[i] = made_up_name(i, count);
  dataset.targets = std::move(targets);
  dataset.target_names = std::move(names);
  check_targets(dataset);
}

void labels_to_targets(Dataset& dataset) {
  Matrix targets(1, static_cast<Index>(dataset.labels.size()));
  for (std::size_t i = 0; i < dataset.labels.size(); ++i) {
    const int label = dataset.labels[i];
    if (label == kUnlabelled)
      throw DataError(fmt::format("{}: case {} has no label; every case needs a target", dataset.name, i + 1));
    const std::string& text = dataset.classes[static_cast<std::size_t>(label)];
    const auto number = integer_in(text);
    if (!number)
      throw DataError(fmt::format("{}: case {} has class '{}', which is no number", dataset.name, i + 1, text));
    targets(0, static_cast<Index>(i)) = static_cast<Scalar>(*number);
  }
  dataset.labels.clear();
  dataset.classes.clear();
  set_targets(dataset, std::move(targets), {});
}

void adopt_targets(Dataset& dataset, const std::vector<std::string>& names) {
  if (dataset.target_names.size() != names.size())
    throw DataError(fmt::format("{}: expected {} targets ({}), found {}; name their columns with --label-column",
                                dataset.name, names.size(), listed(names), dataset.target_names.size()));
  if (dataset.target_names == names) return;
  if (!has_header(dataset.target_names) || !has_header(names)) {
    dataset.target_names = names;  // all that is known is their order
    return;
  }
  Matrix ordered(dataset.targets.rows(), dataset.targets.cols());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto at = std::find(dataset.target_names.begin(), dataset.target_names.end(), names[i]);
    if (at == dataset.target_names.end())
      throw DataError(fmt::format("{}: expected targets {}, found {}; name their columns with --label-column",
                                  dataset.name, listed(names), listed(dataset.target_names)));
    ordered.row(static_cast<Index>(i)) = dataset.targets.row(at - dataset.target_names.begin());
  }
  dataset.targets = std::move(ordered);
  dataset.target_names = names;
}

void pad_features(Dataset& dataset, Index count) {
  if (!dataset.sparse || dataset.feature_count() >= count) return;
  std::visit([=](auto& held) { pad_rows(held, count); }, dataset.features);
  dataset.shape = {count};
}

void keep_first(Dataset& dataset, Index count) {
  if (count < 0) throw InvalidArgument(fmt::format("expected a number of cases from 0, found {}", count));
  if (count >= dataset.case_count()) return;
  std::visit([=](auto& held) { keep_columns(held, count); }, dataset.features);
  if (dataset.labelled()) dataset.labels.resize(static_cast<std::size_t>(count));
  if (dataset.has_targets()) dataset.targets.conservativeResize(Eigen::NoChange, count);
}

}  // namespace dbn
