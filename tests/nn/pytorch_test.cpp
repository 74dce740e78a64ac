// The same numbers as PyTorch, from the same weights and batches.

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include <dbn/nn/activation.hpp>
#include <dbn/nn/backpropagation.hpp>
#include <dbn/nn/gradient_clip.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/nn/optimizer.hpp>
#include <dbn/nn/schedule.hpp>

#include "../support/gradient_store.hpp"
#include "../support/pytorch_fixture.hpp"

namespace dbn {
namespace {

using test::expect_close;
using test::Json;
using test::PyTorchFixture;

std::string name_of(const Json& row) { return row.at("name").get<std::string>(); }

std::set<std::string> names_of(const Json& rows) {
  std::set<std::string> names;
  for (const auto& row : rows) names.insert(name_of(row));
  return names;
}

/// Cases and what a net is to make of them.
struct Batch {
  Matrix inputs;
  Matrix targets;
  double weight;

  TrainingBatch view() const { return {inputs, targets, weight}; }
};

Batch class_batch(const PyTorchFixture& fixture, const std::vector<Index>& numbers,
                  const ClassTargetOptions& options = {}) {
  Batch batch{fixture.inputs(numbers), Matrix(fixture.class_count(), static_cast<Index>(numbers.size())), 0};
  batch.weight = class_targets(fixture.prepared(), fixture.class_count(), options)->gather_into(numbers, batch.targets);
  return batch;
}

Batch value_batch(const PyTorchFixture& fixture, const std::vector<Index>& numbers) {
  return {fixture.inputs(numbers), fixture.values(numbers), static_cast<double>(numbers.size())};
}

/// Expects a loss and its gradients.
void expect_gradient(Mlp& net, Backpropagation& backpropagation, const Batch& batch, const Json& expected,
                     const std::string& what) {
  test::GradientStore store(net.tensors());
  expect_close(backpropagation.gradient(batch.view(), store), expected.at("loss"), what + ", loss");
  expect_close(net.tensors(), store.gradients(), expected.at("gradients"), what);
}

TEST(PyTorch, Activations) {
  const PyTorchFixture fixture("activations");
  const auto known = activation_names();
  EXPECT_EQ(names_of(fixture.rows()), std::set(known.begin(), known.end()));
  const Batch batch = class_batch(fixture, fixture.numbers(0));
  for (const auto& row : fixture.rows()) {
    Mlp net = fixture.net(name_of(row));
    expect_close(net.scores(batch.inputs), row.at("scores"), name_of(row) + ", scores");
    Backpropagation backpropagation(net, fixture.batch(), loss("softmax"));
    expect_gradient(net, backpropagation, batch, row, name_of(row));
  }
}

/// The batch that a row of losses is of: of classes or, where it has no options for these, of values.
Batch batch_of(const Json& row, const PyTorchFixture& fixture, Index which) {
  const auto numbers = fixture.numbers(which);
  if (!row.contains("class_targets")) return value_batch(fixture, numbers);
  const Json& options = row.at("class_targets");
  return class_batch(fixture, numbers,
                     {.label_smoothing = options.at("label_smoothing"), .class_weights = options.at("class_weights")});
}

TEST(PyTorch, Losses) {
  const PyTorchFixture fixture("losses");
  const auto known = loss_names();
  EXPECT_EQ(names_of(fixture.rows()), std::set(known.begin(), known.end()));
  Mlp net = fixture.net("tanh");
  for (const auto& row : fixture.rows()) {
    Backpropagation backpropagation(net, fixture.batch(), loss(name_of(row)));
    for (const auto& expected : row.at("batches")) {
      const Index which = expected.at("first").get<Index>() / fixture.batch();
      expect_gradient(net, backpropagation, batch_of(row, fixture, which), expected,
                      name_of(row) + " of batch " + std::to_string(which) +
                          (row.contains("class_targets") ? " " + row.at("class_targets").dump() : ""));
    }
  }
}

std::vector<Parameter> parameters_of(Mlp& net, double cost) {
  std::vector<Parameter> parameters;
  for (const auto& tensor : net.tensors()) parameters.push_back({tensor, cost});
  return parameters;
}

// PyTorch divides by a length that it has added 1e-6 to.
TEST(PyTorch, ClippedGradients) {
  const PyTorchFixture fixture("clipped");
  Mlp net = fixture.net("tanh");
  const Batch batch = class_batch(fixture, fixture.numbers(0));
  Backpropagation backpropagation(net, fixture.batch(), loss("softmax"));
  for (const auto& row : fixture.rows()) {
    const auto longest = row.at("longest").get<double>();
    const auto length = row.at("length").get<double>();
    test::GradientStore store(net.tensors());
    GradientClip(parameters_of(net, 0), longest)
        .pass([&](GradientSink sink) { return backpropagation.gradient(batch.view(), sink); }, store);
    auto found = store.gradients();
    for (auto& gradient : found)
      if (length > longest) gradient *= static_cast<Scalar>(length / (length + 1e-6));
    expect_close(net.tensors(), found, row.at("gradients"), "clipped to " + std::to_string(longest));
  }
}

std::vector<Matrix> values_of(Mlp& net) {
  std::vector<Matrix> values;
  for (const auto& tensor : net.tensors()) values.emplace_back(tensor.values);
  return values;
}

/// Costs are for weights, as in fine-tuning; `factors` are of the layers.
std::vector<Parameter> parameters_in(const Json& row, Mlp& net) {
  const double cost = row.value("weight_cost", optimizer(name_of(row)).default_weight_cost);
  const auto factors = row.value("factors", std::vector<double>(net.layers.size(), 1));
  std::vector<Parameter> parameters;
  for (const auto& tensor : net.tensors())
    parameters.push_back({tensor, is_weight(tensor) ? cost : 0, factors[parameters.size() / 2]});
  return parameters;
}

void expect_updates(const PyTorchFixture& fixture, const Json& row) {
  const std::string what = name_of(row) + " " + row.at("options").dump();
  Mlp net = fixture.net("tanh");
  Backpropagation backpropagation(net, fixture.batch(), loss("softmax"));
  OptimizerSettings settings;
  test::set_options(settings.fields(), row.at("options"));
  const auto optimizer = dbn::optimizer(name_of(row)).make(parameters_in(row, net), settings);
  const UpdateRates rates{row.at("rate"), row.at("momentum")};
  for (std::size_t update = 0; update < row.at("losses").size(); ++update) {
    const auto number = static_cast<Index>(update);
    const Batch batch = class_batch(fixture, fixture.numbers(number % fixture.batch_count()));
    const double before = optimizer->update(
        [&](GradientSink sink) { return backpropagation.gradient(batch.view(), sink); }, rates, number);
    expect_close(before, row.at("losses")[update], what + ", loss before update " + std::to_string(update));
  }
  expect_close(net.tensors(), values_of(net), row.at("updated"), what);
}

TEST(PyTorch, TenUpdatesOfEveryOptimizer) {
  const PyTorchFixture fixture("optimizers");
  std::set<std::string> known;
  for (const auto& kind : optimizers())
    if (kind.default_rate > 0) known.insert(kind.name);
  EXPECT_EQ(names_of(fixture.rows()), known);
  for (const auto& row : fixture.rows()) expect_updates(fixture, row);
}

// Line searches differ, minima do not. With a cost c on every parameter a point whose value is v above the least lies
// within sqrt(2 v / c) of the minimum. liblbfgs stops at a slope s = 1e-5 of a vector no longer than 1, where v is at
// most s^2 / (2 c) = 1e-10.
TEST(PyTorch, LineSearchesReachTheMinimum) {
  const PyTorchFixture fixture("minimum");
  const auto cost = fixture["cost"].get<double>();
  const Index cases = fixture.prepared().case_count();
  const Batch batch = class_batch(fixture, all_cases(cases));
  for (const auto& kind : optimizers()) {
    if (kind.default_rate > 0) continue;
    Mlp net = fixture.net("linear");
    Backpropagation backpropagation(net, cases, loss("softmax"));
    const auto objective = [&](GradientSink sink) { return backpropagation.gradient(batch.view(), sink); };
    kind.make(parameters_of(net, cost), {.line_searches = 200})->update(objective, {}, 0);

    double value = objective([](std::size_t, Index, const ConstMatrixRef&) {});
    double square = 0;
    for (const auto& [name, values] : net.tensors()) {
      value += cost / 2 * values.cast<double>().squaredNorm();
      const auto minimum = test::tensor(fixture["minimum"].at(name), values.rows());
      square += (values.cast<double>() - minimum).squaredNorm();
    }
    expect_close(value, fixture["value"], kind.name);
    EXPECT_LE(std::sqrt(square), std::sqrt(2 * test::kRelative * fixture["value"].get<double>() / cost)) << kind.name;
  }
}

TEST(PyTorch, RateSchedules) {
  const Json fixture = test::read_fixture("schedules");
  const auto per_epoch = fixture.at("per_epoch").get<Index>();
  for (const auto& row : fixture.at("rows")) {
    ScheduleOptions options;
    test::set_options(options.fields(), row.at("options"));
    const auto factors = row.at("factors").get<std::vector<double>>();
    const auto updates = static_cast<Index>(factors.size());
    RateCourse course(options, updates, per_epoch);
    for (Index update = 0; update < updates; ++update) {
      const auto at = static_cast<std::size_t>(update);
      EXPECT_NEAR(course.factor(update), factors[at], 1e-14) << row.at("options") << " update " << update;
      if ((update + 1) % per_epoch == 0)
        course.end_epoch(fixture.at("errors")[static_cast<std::size_t>(update / per_epoch)]);
    }
  }
}

}  // namespace
}  // namespace dbn
