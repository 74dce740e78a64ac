#pragma once
// A safetensors file and the ways to spoil it: what strict loading is tested with.

#include <fstream>
#include <functional>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/safetensors.hpp>

#include "temp_dir.hpp"

namespace dbn::test {

/// A fixture around one saved file; `load` is what must refuse its spoilt copies.
class TamperedFile : public testing::Test {
 protected:
  using Load = std::function<void(const std::string&)>;

  TamperedFile(const std::string& name, Load load) : path_(dir_.path(name)), load_(std::move(load)) {}

  // Decodes the saved file, changes it, writes it again and expects a refusal whose text names `what`.
  void expect_refused(const std::string& what, const std::function<void(SafetensorsFile&)>& change) const {
    SafetensorsFile content = decode_safetensors(read_file(path_), path_);
    change(content);
    write_file(dir_.path("changed"), encode_safetensors(content));
    EXPECT_THAT([&] { load_(dir_.path("changed")); }, testing::ThrowsMessage<DataError>(testing::AllOf(
                                                          testing::HasSubstr("changed"), testing::HasSubstr(what))));
  }

  void expect_config_refused(const std::string& what, const std::function<void(nlohmann::json&)>& change) const {
    expect_refused(what, [&](SafetensorsFile& content) {
      auto config = nlohmann::json::parse(content.metadata["config"]);
      change(config);
      content.metadata["config"] = config.dump();
    });
  }

  // Reads the bytes of the file `name` with each of their bits flipped, one at a time; all must be refused.
  template <typename Read>
  void expect_every_flip_noticed(const std::string& name, const Read& read) const {
    ByteBuffer bytes = read_file(dir_.path(name));
    ASSERT_NO_THROW(read(bytes));
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const auto flip = [&] { bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8)); };
      flip();
      EXPECT_THROW(read(bytes), DataError) << "bit " << bit % 8 << " of byte " << bit / 8;
      flip();
    }
  }

  // Not by write_file, which waits for the disk each time.
  void write_bad(std::span<const std::uint8_t> bytes) const {
    std::ofstream(dir_.path("bad"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  TempDir dir_;
  std::string path_;

 private:
  Load load_;
};

}  // namespace dbn::test
