#include <dbn/nn/finetune_options.hpp>

#include <vector>

#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

TEST(FinetuneOptions, DefaultsAreValid) {
  EXPECT_NO_THROW(FinetuneOptions().validate());
  EXPECT_NO_THROW(FinetuneOptions().validate_for(1));  // no hidden layer
  EXPECT_NO_THROW(FinetuneOptions().validate_for(4));
}

TEST(FinetuneOptions, ListsFitTheNet) {
  FinetuneOptions options;
  options.layer_rates = {0.1, 0.1, 1};
  EXPECT_NO_THROW(options.validate_for(3));
  EXPECT_THROW(options.validate_for(4), InvalidArgument);
  options = {};
  options.dropout = {0.2, 0.5};  // of hidden layers, of which there is one less
  EXPECT_NO_THROW(options.validate_for(3));
  EXPECT_THROW(options.validate_for(2 + 2), InvalidArgument);
}

TEST(FinetuneOptions, SomethingIsLeftToTrain) {
  FinetuneOptions options;
  options.freeze = 2;
  EXPECT_NO_THROW(options.validate_for(3));
  EXPECT_THROW(options.validate_for(2), InvalidArgument);
}

std::vector<Index> looked_at(const FinetuneOptions& options, Index epochs) {
  std::vector<Index> after;
  for (Index epoch = 1; epoch <= epochs; ++epoch)
    if (looks_after(options, epoch, epochs)) after.push_back(epoch);
  EXPECT_EQ(std::ssize(after), look_count(options, epochs));
  return after;
}

TEST(FinetuneOptions, LooksAreSpreadEvenlyAndTheLastIsAtTheEnd) {
  FinetuneOptions options;
  EXPECT_EQ(looked_at(options, 3), (std::vector<Index>{1, 2, 3}));
  options.looks = 1;
  EXPECT_EQ(looked_at(options, 7), (std::vector<Index>{7}));
  options.looks = 3;
  EXPECT_EQ(looked_at(options, 10), (std::vector<Index>{4, 7, 10}));
  EXPECT_EQ(looked_at(options, 2), (std::vector<Index>{1, 2}));
}

TEST(FinetuneOptions, WhatNeedsEveryLookGetsIt) {
  FinetuneOptions options;
  options.looks = 1;
  options.patience = 5;
  EXPECT_EQ(looked_at(options, 3), (std::vector<Index>{1, 2, 3}));
  options.patience = 0;
  options.schedule.name = "plateau";
  EXPECT_EQ(looked_at(options, 3), (std::vector<Index>{1, 2, 3}));
}

TEST(FinetuneOptions, RefusesValuesOutOfRange) {
  FinetuneOptions options;
  options.dropout = {1};
  EXPECT_THROW(options.validate(), InvalidArgument);
  options = {};
  options.batch = 0;
  EXPECT_THROW(options.validate(), InvalidArgument);
  options = {};
  options.average_decay = 1;
  EXPECT_THROW(options.validate(), InvalidArgument);
}

// Both would do what nobody asked for, and say nothing.
TEST(FinetuneOptions, LineSearchesRefuseWhatTheyCannotObey) {
  for (const char* optimizer : {"cg", "lbfgs"}) {
    FinetuneOptions options{.optimizer = optimizer, .clip_norm = 1};
    EXPECT_THROW(options.validate(), InvalidArgument) << optimizer;
    options = {.optimizer = optimizer, .on_divergence = "retry"};
    EXPECT_THROW(options.validate(), InvalidArgument) << optimizer;
  }
}

TEST(FinetuneOptions, EachLineSearchIsAnUpdateOfTheLeast) {
  FinetuneOptions options{.optimizer = "cg", .epochs = 2, .min_updates = 30};
  EXPECT_EQ(epoch_count(options, 180), 10);  // one batch, three searches
}

TEST(FinetuneOptions, LineSearchesTakeLargerBatches) {
  FinetuneOptions options;
  EXPECT_EQ(batch_size(options, 60'000), 100);
  EXPECT_EQ(batch_size(options, 30), 30);
  options.optimizer = "cg";
  EXPECT_EQ(batch_size(options, 60'000), 1000);
  options.batch = 500;
  EXPECT_EQ(batch_size(options, 60'000), 500);
}

TEST(FinetuneOptions, MinUpdatesLengthensSmallRuns) {
  FinetuneOptions options;
  options.epochs = 2;
  options.min_updates = 31;
  EXPECT_EQ(epoch_count(options, 500), 7);     // 5 updates an epoch
  EXPECT_EQ(epoch_count(options, 60'000), 2);  // 600 updates an epoch
  EXPECT_EQ(epoch_count(options, 30), 31);     // one update an epoch
}

TEST(FinetuneOptions, DropoutIsOfFeaturesThenOfHiddenLayers) {
  FinetuneOptions options;
  options.input_dropout = 0.1;
  options.dropout = {0.5};
  const Dropout dropout = dropout_of(options, 3, 9);
  EXPECT_EQ(dropout.rates, (std::vector<double>{0.1, 0.5, 0.5}));
  EXPECT_EQ(dropout.seed, 9U);
}

TEST(FinetuneOptions, LossServesTheTask) {
  FinetuneOptions options;
  EXPECT_EQ(loss_of(options).name, "softmax");
  options.loss = "squared-error";
  EXPECT_THROW(options.validate(), InvalidArgument);
  options.task = "regression";
  options.validate();
  options.loss.clear();
  EXPECT_EQ(loss_of(options).name, "squared-error");
  options.classes.class_weights = "balanced";
  EXPECT_THROW(options.validate(), InvalidArgument);
}

}  // namespace
}  // namespace dbn
