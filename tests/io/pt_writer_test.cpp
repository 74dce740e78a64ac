// What PyTorch makes of these archives is tested by tests/tools/export_test.py, where it is installed.
#include <dbn/io/pt_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>

#include "tests/support/stored_zip.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tensor_views.hpp"

namespace dbn {
namespace {

using namespace std::string_literals;

TEST(PtWriter, TheArchiveIsLaidOutAsPyTorchExpects) {
  const test::TwoTensors tensors;
  const auto files = test::files_of_zip(encode_pt(tensors.views()));
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.name);
  EXPECT_EQ(names, (std::vector<std::string>{"archive/data.pkl", "archive/byteorder", "archive/data/0",
                                             "archive/data/1", "archive/version"}));
  EXPECT_EQ(files[1].bytes, "little");
  EXPECT_EQ(files[2].bytes, test::TwoTensors::text(tensors.w));
  EXPECT_EQ(files[3].bytes, test::TwoTensors::text(tensors.b));
  EXPECT_EQ(files[4].bytes, "3\n");
}

// Written out by hand from the opcodes of Python's pickletools, for one tensor of 2 x 3 floats: OrderedDict(), mark,
// its name, _rebuild_tensor_v2(persistent('storage', FloatStorage, '0', 'cpu', 6), 0, (2, 3), (3, 1), False,
// OrderedDict()), set items, stop.
TEST(PtWriter, ThePickleIsTheseBytes) {
  const test::TwoTensors tensors;
  const std::string dictionary = "ccollections\nOrderedDict\n)R";
  const std::string expected = "\x80\x02"s + dictionary + "(" + "X\x01\0\0\0w"s +
                               "ctorch._utils\n_rebuild_tensor_v2\n(" + "(X\x07\0\0\0storage"s +
                               "ctorch\nFloatStorage\n" + "X\x01\0\0\0"s + "0" + "X\x03\0\0\0"s + "cpu" +
                               "J\x06\0\0\0tQ"s + "J\0\0\0\0"s + "(J\x02\0\0\0J\x03\0\0\0t"s +
                               "(J\x03\0\0\0J\x01\0\0\0t"s + "\x89" + dictionary + "tRu.";
  EXPECT_EQ(test::files_of_zip(encode_pt({tensors.views()[0]})).front().bytes, expected);
}

TEST(PtWriter, DoublesHaveAStorageOfTheirOwn) {
  const test::TwoTensors tensors;
  EXPECT_THAT(test::files_of_zip(encode_pt({tensors.views()[1]})).front().bytes,
              testing::AllOf(testing::HasSubstr("DoubleStorage"), testing::Not(testing::HasSubstr("FloatStorage"))));
}

TEST(PtWriter, TheFileHoldsTheSameBytesEachTime) {
  const test::TempDir dir;
  const test::TwoTensors tensors;
  write_pt(dir.path("a.pt"), tensors.views());
  EXPECT_EQ(read_file(dir.path("a.pt")), encode_pt(tensors.views()));
  EXPECT_THROW(write_pt(dir.path("none/a.pt"), tensors.views()), IoError);
}

TEST(PtWriter, WhatPyTorchCouldNotLoadIsRefused) {
  const test::TwoTensors tensors;
  auto views = tensors.views();
  views[1].name = "w";
  EXPECT_THAT([&] { encode_pt(views); }, testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("two tensors")));
  views = tensors.views();
  views[1].shape = {3};
  EXPECT_THAT([&] { encode_pt(views); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("expected 24 bytes, found 16")));
}

}  // namespace
}  // namespace dbn
