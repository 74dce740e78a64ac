#include <dbn/model/net_writer.hpp>

#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/folder.hpp>
#include <dbn/io/npy.hpp>
#include <dbn/io/safetensors.hpp>

#include "tests/support/failing_calls.hpp"
#include "tests/support/stored_zip.hpp"
#include "tests/support/temp_dir.hpp"

namespace dbn {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class NetWriter : public testing::Test {
 protected:
  NetWriter() {
    net_.net = make_mlp({3, 2, 2}, "tanh", "xavier", 1);
    for (auto& tensor : net_.net.tensors()) add_normal_noise(Stream(2, Purpose::chain_start), {}, tensor.values);
  }

  std::vector<std::string> names_in_archive(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& file : test::files_of_zip(read_file(dir_.path(name)))) names.push_back(file.name);
    return names;
  }
  std::string text(const std::string& name) const {
    const ByteBuffer bytes = read_file(dir_.path(name));
    return {bytes.begin(), bytes.end()};
  }

  test::TempDir dir_;
  NetExport net_{.part = NetPart::full,
                 .net = {},
                 .prediction = "softmax",
                 .preprocessing = {"minmax", Vector::LinSpaced(3, 1, 3), Vector::Constant(1, Scalar(0.5))},
                 .outputs = {"cat", "dog"},
                 .classes = true};
};

TEST_F(NetWriter, SafetensorsHoldTheKeysOfSequentialAndSayTheRest) {
  write_torch(net_, dir_.path("a"));
  const SafetensorsFile file = decode_safetensors(read_file(dir_.path("a")), "a");
  std::vector<std::string> names;
  for (const auto& tensor : file.tensors) names.push_back(tensor.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("0.weight", "0.bias", "2.weight", "2.bias"));
  EXPECT_THAT(file.find("0.weight")->shape, ElementsAre(2, 3));
  EXPECT_THAT(file.find("2.bias")->shape, ElementsAre(2));
  EXPECT_EQ(file.metadata.at("format"), "pt");
  EXPECT_EQ(json::parse(file.metadata.at("activations")), (json{"tanh", "linear"}));
  EXPECT_EQ(json::parse(file.metadata.at("outputs")), (json{"cat", "dog"}));
  EXPECT_EQ(file.metadata.at("prediction"), "softmax");
  const json preprocessing = json::parse(file.metadata.at("preprocessing"));
  EXPECT_EQ(preprocessing["shift"], (json{1, 2, 3}));
  EXPECT_EQ(preprocessing["factor"], (json::array({0.5})));
}

TEST_F(NetWriter, PtHoldsNothingButTheKeysOfSequential) {
  write_pt(net_, dir_.path("a"));
  EXPECT_THAT(names_in_archive("a"), testing::Contains("archive/data/3"));
  EXPECT_THAT(names_in_archive("a"), testing::Not(testing::Contains("archive/data/4")));
}

TEST_F(NetWriter, NpzHoldsTheScalingToo) {
  write_npz(net_, dir_.path("a"));
  const auto files = test::files_of_zip(read_file(dir_.path("a")));
  EXPECT_THAT(names_in_archive("a"), ElementsAre("0.weight.npy", "0.bias.npy", "2.weight.npy", "2.bias.npy",
                                                 "preprocessing.shift.npy", "preprocessing.factor.npy"));
  const auto& weights = net_.net.layers[0].weights;
  EXPECT_EQ(files[0].bytes, npy_header(3, 2) + std::string(reinterpret_cast<const char*>(weights.data()),
                                                           static_cast<std::size_t>(weights.size()) * sizeof(Scalar)));
  net_.preprocessing.binarization = Binarization::parse("threshold:0.25", 0);
  write_npz(net_, dir_.path("b"));
  EXPECT_EQ(names_in_archive("b").back(), "preprocessing.threshold.npy");
  net_.preprocessing = {};
  write_npz(net_, dir_.path("c"));
  EXPECT_EQ(names_in_archive("c").size(), 4U) << "nothing is scaled";
}

TEST_F(NetWriter, CsvHasALineForEachOutput) {
  const std::string folder = dir_.path("f");
  write_csv_folder(net_, folder, false);
  EXPECT_THAT(names_in_folder(folder), ElementsAre("0.bias.csv", "0.weight.csv", "2.bias.csv", "2.weight.csv",
                                                   "preprocessing.factor.csv", "preprocessing.shift.csv"));
  const Matrix& w = net_.net.layers[0].weights;
  EXPECT_EQ(text("f/0.weight.csv"),
            fmt::format("{},{},{}\n{},{},{}\n", w(0, 0), w(1, 0), w(2, 0), w(0, 1), w(1, 1), w(2, 1)));
  EXPECT_EQ(text("f/preprocessing.shift.csv"), "1\n2\n3\n");
}

TEST_F(NetWriter, AFolderOfOtherFilesIsRefused) {
  const std::string folder = dir_.path("f");
  make_folder(folder);
  check_csv_folder(net_, folder, false);
  write_csv_folder(net_, folder, false);
  EXPECT_THAT([&] { check_csv_folder(net_, folder, false); }, testing::ThrowsMessage<IoError>(HasSubstr("--force")));
  write_csv_folder(net_, folder, true);
  // Of a deeper net something would be left.
  NetExport smaller = net_;
  smaller.net.layers.pop_back();
  EXPECT_THAT([&] { write_csv_folder(smaller, folder, true); },
              testing::ThrowsMessage<IoError>(HasSubstr("\"2.bias.csv\", which is no part")));
  write_file(dir_.path("file"), std::string_view("text"));
  EXPECT_THROW(check_csv_folder(net_, dir_.path("file"), true), IoError);
  EXPECT_THROW(write_csv_folder(net_, dir_.path("none/f"), true), IoError);
}

// What a killed export left, whose process is gone: no process has so high a number.
TEST_F(NetWriter, AFolderMayHoldWhatAKilledExportLeft) {
  const std::string folder = dir_.path("f");
  make_folder(folder);
  write_file(folder + "/.0.weight.csv.dbn-tmp-4194305-0", std::string_view("half"));
  check_csv_folder(net_, folder, false);
  write_csv_folder(net_, folder, false);
  EXPECT_EQ(names_in_folder(folder).size(), 6U);
}

// Up to the last write none of the files has its name.
TEST_F(NetWriter, AFolderOfTablesIsWholeOrNotAtAll) {
  const std::string folder = dir_.path("f");
  NetExport older = net_;
  older.net.layers[1].bias.setZero();
  for (const bool replaces : {false, true}) {
    int failed_writes = 0;
    bool fired = true;
    for (int n = 1; fired; ++n) {
      std::filesystem::remove_all(folder);
      if (replaces) write_csv_folder(older, folder, false);
      std::string call;
      {
        const test::FailNthCall fault(n, ENOSPC);
        try {
          write_csv_folder(net_, folder, true);
        } catch (const IoError&) {
        }
        fired = fault.fired();
        call = fault.call();
      }
      if (call != "write") continue;
      ++failed_writes;
      EXPECT_EQ(std::filesystem::exists(folder), replaces);
      if (!replaces) continue;
      EXPECT_EQ(text("f/2.bias.csv"), "0\n0\n");
      EXPECT_EQ(names_in_folder(folder).size(), 6U);
    }
    EXPECT_EQ(failed_writes, 6) << "one for each file";
    EXPECT_EQ(names_in_folder(folder).size(), 6U);
    EXPECT_NE(text("f/2.bias.csv"), "0\n0\n");
  }
}

TEST_F(NetWriter, TheSameNetIsTheSameBytes) {
  for (const char* name : {"a", "b"}) {
    write_torch(net_, dir_.path(std::string(name) + ".safetensors"));
    write_pt(net_, dir_.path(std::string(name) + ".pt"));
    write_npz(net_, dir_.path(std::string(name) + ".npz"));
  }
  for (const char* end : {".safetensors", ".pt", ".npz"})
    EXPECT_EQ(read_file(dir_.path(std::string("a") + end)), read_file(dir_.path(std::string("b") + end)));
}

}  // namespace
}  // namespace dbn
