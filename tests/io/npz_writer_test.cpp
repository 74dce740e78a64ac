// What NumPy makes of these archives is tested by tests/tools/export_test.py.
#include <dbn/io/npz_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dbn/core/error.hpp>
#include <dbn/io/npy.hpp>

#include "tests/support/stored_zip.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tensor_views.hpp"

namespace dbn {
namespace {

TEST(NpzWriter, EachArrayIsAnNpyFileOfItsName) {
  const test::TwoTensors tensors;
  const auto files = test::files_of_zip(encode_npz(tensors.views()));
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "w.npy");
  EXPECT_EQ(files[0].bytes, npy_header("<f4", std::vector<Index>{2, 3}) + test::TwoTensors::text(tensors.w));
  EXPECT_EQ(files[1].name, "b.npy");
  EXPECT_EQ(files[1].bytes, npy_header("<f8", std::vector<Index>{2}) + test::TwoTensors::text(tensors.b));
}

TEST(NpzWriter, TheFileHoldsTheSameBytesEachTime) {
  const test::TempDir dir;
  const test::TwoTensors tensors;
  write_npz(dir.path("a.npz"), tensors.views());
  EXPECT_EQ(read_file(dir.path("a.npz")), encode_npz(tensors.views()));
  EXPECT_THROW(write_npz(dir.path("none/a.npz"), tensors.views()), IoError);
}

TEST(NpzWriter, BytesThatDoNotFitTheShapeAreRefused) {
  const test::TwoTensors tensors;
  auto views = tensors.views();
  views[0].shape = {2, 2};
  EXPECT_THAT([&] { encode_npz(views); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("expected 16 bytes, found 24")));
  views[0].dtype = "I32";
  EXPECT_THAT([&] { encode_npz(views); }, testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("I32")));
}

}  // namespace
}  // namespace dbn
