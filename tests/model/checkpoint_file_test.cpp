#include <dbn/model/checkpoint_file.hpp>

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "../support/small_state.hpp"
#include "../support/tampered_file.hpp"

namespace dbn {
namespace {

using testing::HasSubstr;

class CheckpointFile : public test::TamperedFile {
 protected:
  CheckpointFile() : TamperedFile("c.safetensors", [](const std::string& path) { load_checkpoint(path); }) {
    save_checkpoint(small_.state, identity_, path_);
  }

  test::SmallState small_{7};
  RunIdentity identity_{{"--batch", "100"}, {"training data", "3 cases"}};
};

TEST_F(CheckpointFile, GivesBackEveryBit) {
  const Checkpoint loaded = load_checkpoint(path_);
  EXPECT_EQ(loaded.identity, identity_);
  EXPECT_EQ(loaded.run.position, small_.state.position);
  EXPECT_EQ(loaded.run.numbers, small_.state.numbers);
  ASSERT_EQ(loaded.run.tensors.size(), 2U);
  EXPECT_EQ(loaded.run.tensors.at("layers.0.weight"), small_.weight);
  EXPECT_EQ(loaded.run.tensors.at("layers.0.hidden_bias"), small_.bias);
}

TEST_F(CheckpointFile, NamesOfTensorsAreThoseOfAStack) {
  const auto content = decode_safetensors(read_file(path_), path_);
  EXPECT_THAT(content.find("layers.0.weight")->shape, testing::ElementsAre(2, 3));
  EXPECT_THAT(content.find("layers.0.hidden_bias")->shape, testing::ElementsAre(2));
  EXPECT_EQ(content.find("numbers.loop")->dtype, "F64");
}

TEST_F(CheckpointFile, NoticesEveryFlippedBit) {
  expect_every_flip_noticed("c.safetensors", [](const ByteBuffer& bytes) {
    load_checkpoint(decode_safetensors(bytes, "flipped"), "flipped");
  });
}

TEST_F(CheckpointFile, EveryTruncationIsNoticed) {
  const ByteBuffer good = read_file(path_);
  for (std::size_t length = 0; length < good.size(); ++length) {
    write_bad(std::span(good).first(length));
    EXPECT_THROW(load_checkpoint(dir_.path("bad")), DataError) << "length " << length;
  }
}

// Seen elsewhere: a load that checks nothing.
TEST_F(CheckpointFile, WhatIsNoCheckpointIsRefused) {
  expect_refused("expected format dbn-checkpoint", [](SafetensorsFile& f) { f.metadata["format"] = "dbn-stack"; });
  expect_refused("expected version", [](SafetensorsFile& f) { f.metadata["version"] = "2"; });
  expect_refused("'position'", [](SafetensorsFile& f) { f.metadata.erase("position"); });
  expect_refused("stage", [](SafetensorsFile& f) { f.metadata["position"] = R"({"layer":1,"epoch":1,"update":1})"; });
  expect_refused("update", [](SafetensorsFile& f) {
    f.metadata["position"] = R"({"stage":"pretrain","layer":1,"epoch":1,"update":-1})";
  });
  expect_refused("expected an object", [](SafetensorsFile& f) { f.metadata["config"] = "[]"; });
  expect_config_refused("expected a plain text", [](nlohmann::json& config) { config["--batch"] = 100; });
  expect_config_refused("expected a plain text", [](nlohmann::json& config) { config["--batch"] = "1\x1b[2J"; });
  expect_config_refused("another build",
                        [](nlohmann::json& config) { config["precision of this build"] = "quadruple"; });
  expect_refused("numbers.loop", [](SafetensorsFile& f) {
    for (auto& tensor : f.tensors)
      if (tensor.name == "numbers.loop") tensor.shape = {1, 2};
  });
}

TEST_F(CheckpointFile, WhatIsNotFiniteIsNotWritten) {
  small_.weight(1, 1) = std::numeric_limits<Scalar>::quiet_NaN();
  EXPECT_THROW(save_checkpoint(small_.state, identity_, dir_.path("new")), InvalidArgument);
  EXPECT_THROW(read_file(dir_.path("new")), IoError);
}

TEST(RunIdentity, TellsWhatDiffers) {
  const RunIdentity then{{"--batch", "100"}, {"--cd-k", "1"}, {"training data", "a"}};
  EXPECT_EQ(difference(then, then), "");
  EXPECT_EQ(difference(then, {{"--batch", "50"}, {"--cd-k", "1"}, {"training data", "a"}}),
            "--batch: 100 then, 50 now");
  EXPECT_THAT(difference(then, {{"--batch", "100"}, {"--cd-k", "1"}}), HasSubstr("training data: a then, nothing now"));
  EXPECT_THAT(difference(then, {{"--new", "x"}}), HasSubstr("; and 1 more"));
}

TEST(RunIdentity, HoldsOptionsAsTheyAreGiven) {
  Index batch = 100;
  std::string momentum = "0.9";
  std::vector<double> rate;
  Index epochs = 3;
  RunIdentity identity;
  add_options(identity,
              {{.name = "batch", .value = &batch, .help = ""},
               {.name = "momentum", .value = &momentum, .help = ""},
               {.name = "learning-rate", .value = &rate, .help = "", .unset = "recommended"},
               {.name = "epochs", .value = &epochs, .help = ""}},
              {"epochs"});
  EXPECT_EQ(identity, (RunIdentity{{"--batch", "100"}, {"--momentum", "0.9"}, {"--learning-rate", "recommended"}}));
}

}  // namespace
}  // namespace dbn
