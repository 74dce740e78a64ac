#include <dbn/core/error.hpp>

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace dbn {
namespace {

template <typename Kind>
class ErrorKind : public testing::Test {};

using Kinds = testing::Types<InvalidArgument, DataError, DivergenceError, MemoryError, IoError>;
TYPED_TEST_SUITE(ErrorKind, Kinds);

TYPED_TEST(ErrorKind, IsCaughtAsErrorWithItsText) {
  try {
    throw TypeParam("expected 3, found 4");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "expected 3, found 4");
  }
}

// Each kind has its own exit code: one that derived from another would be reported as that other.
TEST(Error, KindsAreNotKindsOfEachOther) {
  EXPECT_FALSE((std::is_base_of_v<InvalidArgument, DataError>));
  EXPECT_FALSE((std::is_base_of_v<DataError, IoError>));
  EXPECT_FALSE((std::is_base_of_v<IoError, DataError>));
  EXPECT_FALSE((std::is_base_of_v<InvalidArgument, DivergenceError>));
  EXPECT_FALSE((std::is_base_of_v<InvalidArgument, MemoryError>));
  EXPECT_TRUE((std::is_base_of_v<std::runtime_error, Error>));
}

}  // namespace
}  // namespace dbn
