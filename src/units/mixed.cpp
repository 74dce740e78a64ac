#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <dbn/core/error.hpp>

#include "unit_table.hpp"

namespace dbn::detail {
namespace {

/// Units first, first + 1, ..., of one type; an open group ends with the layer.
struct Group {
  Index first;
  std::optional<Index> count;
  std::shared_ptr<const UnitType> type;
  std::uint32_t draws;  ///< where in the stream its units' draws begin: a multiple of 4
};

[[noreturn]] void refuse(std::string_view text, const std::string& what) {
  throw InvalidArgument(
      fmt::format("unit types '{}': {}; expected groups such as gaussian:0-3,softmax:4-9,bernoulli:10-", text, what));
}

Index number(std::string_view digits, std::string_view text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0 || value > 1000000000)
    refuse(text, fmt::format("'{}' is no feature number", digits));
  return value;
}

Group parse_group(std::string_view part, std::string_view text) {
  const auto colon = part.find(':');
  if (colon == std::string_view::npos) refuse(text, fmt::format("'{}' has no range of features", part));
  const std::string_view range = part.substr(colon + 1);
  const auto dash = range.find('-');
  Group group{
      .first = number(range.substr(0, dash), text), .count = 1, .type = unit_type(part.substr(0, colon)), .draws = 0};
  if (!group.type->visible() || group.type->replicated())
    refuse(text, fmt::format("{} units cannot be a group of visible units", group.type->name()));
  if (dash == std::string_view::npos) return group;
  if (dash + 1 == range.size())
    group.count.reset();
  else
    group.count = number(range.substr(dash + 1), text) - group.first + 1;
  if (group.count && *group.count < 1) refuse(text, fmt::format("'{}' ends before it begins", part));
  return group;
}

/// A visible layer of several types: the columns of a table.
class Mixed final : public UnitType {
 public:
  explicit Mixed(std::string_view text) : text_(text) {
    std::uint32_t draws = 0;
    Index next = 0;
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t comma = std::min(text.find(',', from), text.size());
      Group group = parse_group(text.substr(from, comma - from), text);
      if (!groups_.empty() && !groups_.back().count) refuse(text, "only the last group may be open");
      if (group.first != next) refuse(text, fmt::format("expected a group that begins at feature {}", next));
      group.draws = draws;
      draws += static_cast<std::uint32_t>((group.count.value_or(0) + 3) / 4 * 4);
      next += group.count.value_or(0);
      groups_.push_back(std::move(group));
      from = comma + 1;
    }
  }

  std::string_view name() const override { return text_; }
  bool separable() const override { return false; }

  void check(Index units) const override {
    const Group& last = groups_.back();
    if (last.count ? last.first + *last.count != units : last.first >= units)
      throw InvalidArgument(
          fmt::format("unit types '{}': expected groups that cover features 0 to {}, found them to {}", text_,
                      units - 1, last.count ? last.first + *last.count - 1 : last.first));
  }

  void mean_in_place(MatrixRef input, const UnitContext& context) const override {
    for (const auto& g : groups_) g.type->mean_in_place(rows(g, input), at(g, context));
  }

  void mean_and_states(const Stream& stream, Position first, MatrixRef input, MatrixRef states,
                       const UnitContext& context) const override {
    for (const auto& g : groups_)
      g.type->mean_and_states(stream, {first.update, first.instance, g.draws}, rows(g, input), rows(g, states),
                              at(g, context));
  }

  Eigen::VectorXd log_partition(const ConstMatrixRef& input, const UnitContext& context) const override {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(input.cols());
    for (const auto& g : groups_)
      sum += g.type->log_partition(input.middleRows(g.first, count(g, input.rows())), at(g, context));
    return sum;
  }

  Eigen::VectorXd energy(const ConstMatrixRef& states, const ConstVectorRef& bias,
                         const UnitContext& context) const override {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(states.cols());
    for (const auto& g : groups_) {
      const Index n = count(g, states.rows());
      sum += g.type->energy(states.middleRows(g.first, n), bias.segment(g.first, n), at(g, context));
    }
    return sum;
  }

  Scalar bias_for_mean(Scalar) const override {
    throw InvalidArgument(fmt::format("unit types '{}': a mean's bias depends on the group", text_));
  }

  Vector biases_for_means(const ConstVectorRef& means) const override {
    Vector biases(means.size());
    for (const auto& g : groups_) {
      const Index n = count(g, means.size());
      biases.segment(g.first, n) = g.type->biases_for_means(means.segment(g.first, n));
    }
    return biases;
  }

  std::string_view activation() const override { return ""; }

  std::pair<double, double> range() const override {
    std::pair<double, double> whole = groups_.front().type->range();
    for (const auto& g : groups_) {
      whole.first = std::min(whole.first, g.type->range().first);
      whole.second = std::max(whole.second, g.type->range().second);
    }
    return whole;
  }

  std::string objection(const FeatureSummary& data) const override {
    for (const auto& g : groups_) {
      const Index n = count(g, data.mean.size());
      const std::string found = g.type->objection({data.mean.segment(g.first, n), data.variance.segment(g.first, n),
                                                   data.least.segment(g.first, n), data.most.segment(g.first, n)});
      if (!found.empty()) return fmt::format("features {} to {}: {}", g.first, g.first + n - 1, found);
    }
    return "";
  }

  double state_count(Index units) const override {
    double product = 1;
    for (const auto& g : groups_) product *= g.type->state_count(count(g, units));
    return product;
  }

  void state_into(Index number, VectorRef state) const override {
    for (const auto& g : groups_) {
      const Index n = count(g, state.size());
      const auto states = static_cast<Index>(g.type->state_count(n));
      g.type->state_into(number % states, state.segment(g.first, n));
      number /= states;
    }
  }

  bool learns_variance(Index unit) const override {
    for (const auto& g : groups_)
      if (unit >= g.first && (!g.count || unit < g.first + *g.count)) return g.type->learns_variance(unit);
    return false;
  }

  bool learns_variances() const override {
    return std::any_of(groups_.begin(), groups_.end(), [](const Group& g) { return g.type->learns_variances(); });
  }

  bool hidden() const override { return false; }

  double default_rate() const override {
    double least = 1;
    for (const auto& g : groups_) least = std::min(least, g.type->default_rate());
    return least;
  }

 private:
  static Index count(const Group& g, Index units) { return g.count.value_or(units - g.first); }
  static MatrixRef rows(const Group& g, MatrixRef all) { return all.middleRows(g.first, count(g, all.rows())); }
  static UnitContext at(const Group& g, const UnitContext& context) {
    return {context.first + g.first, context.log_variance, context.counts};
  }

  std::string text_;
  std::vector<Group> groups_;
};

}  // namespace

std::shared_ptr<const UnitType> make_mixed(std::string_view text) { return std::make_shared<Mixed>(text); }

}  // namespace dbn::detail
