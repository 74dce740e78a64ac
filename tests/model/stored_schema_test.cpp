// The columns of a table in stack and model files.

#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/model/model_file.hpp>
#include <dbn/model/net_export.hpp>
#include <dbn/model/net_writer.hpp>
#include <dbn/model/stack_file.hpp>

#include "../support/small_stack.hpp"
#include "../support/tampered_file.hpp"

namespace dbn {
namespace {

using nlohmann::json;

constexpr Index kFeatures = 5;

Preprocessing of_table() {
  Preprocessing preprocessing;
  preprocessing.schema.columns = {{"x", {}}, {"", {"blue", "naïve \"b\"", "red"}}, {"y", {}}};
  return preprocessing;
}

/// One kind of file that holds a preprocessing.
struct Kind {
  const char* name;
  void (*save)(const std::string& path, const Preprocessing& preprocessing);
  Preprocessing (*load)(const std::string& path);
};

const Kind kKinds[] = {
    {"stack",
     [](const std::string& path, const Preprocessing& preprocessing) {
       StackFile file = test::small_stack({kFeatures, 2});
       file.preprocessing = preprocessing;
       save_stack(file, path);
     },
     [](const std::string& path) { return load_stack(path).preprocessing; }},
    {"model",
     [](const std::string& path, const Preprocessing& preprocessing) {
       ModelFile file;
       file.net = make_mlp({kFeatures, 2}, "sigmoid", "xavier", 1);
       file.outputs = {"a", "b"};
       file.preprocessing = preprocessing;
       file.start = "xavier";
       save_model(file, path);
     },
     [](const std::string& path) { return load_model(path).preprocessing; }},
};

class StoredSchema : public test::TamperedFile, public testing::WithParamInterface<Kind> {
 protected:
  StoredSchema() : TamperedFile("file", [](const std::string& path) { GetParam().load(path); }) {
    GetParam().save(path_, of_table());
  }
  void expect_columns_refused(const std::string& what, const std::function<void(json&)>& change) const {
    expect_config_refused(what, [&](json& config) { change(config["preprocessing"]["columns"]); });
  }
};

TEST_P(StoredSchema, ComesBackAsItWas) { EXPECT_EQ(GetParam().load(path_).schema, of_table().schema); }

// Also what files of earlier versions say.
TEST_P(StoredSchema, WithoutCategoriesThereIsNothingOfIt) {
  GetParam().save(path_, {});
  const auto content = decode_safetensors(read_file(path_), path_);
  EXPECT_FALSE(json::parse(content.metadata.at("config"))["preprocessing"].contains("columns"));
  EXPECT_TRUE(GetParam().load(path_).schema.empty());
}

TEST_P(StoredSchema, OnlyWhatWasWrittenIsRead) {
  expect_columns_refused("list of columns", [](json& c) { c = 3; });
  expect_columns_refused("list of columns", [](json& c) { c = nullptr; });
  expect_columns_refused("expected one of categories at least", [](json& c) { c = json::array(); });
  expect_columns_refused("'name'", [](json& c) { c[0] = "x"; });
  expect_columns_refused("'name'", [](json& c) { c[0].erase("name"); });
  expect_columns_refused("'categories'", [](json& c) { c[1]["categories"] = "red"; });
  expect_columns_refused("'categories'", [](json& c) { c[1]["categories"][0] = 3; });
  expect_columns_refused("has no category", [](json& c) { c[0]["categories"] = json::array(); });
  expect_columns_refused("in their order", [](json& c) { c[1]["categories"] = {"red", "blue", "tan"}; });
  expect_columns_refused("each once", [](json& c) { c[1]["categories"] = {"blue", "blue", "red"}; });
  expect_columns_refused("control characters", [](json& c) {
    c[1]["categories"][2] =
        "r\x1B"
        "ed";
  });
  expect_columns_refused("expected those of 5 features, found 6", [](json& c) { c.push_back({{"name", "z"}}); });
  expect_columns_refused("expected those of 5 features, found 4", [](json& c) { c.erase(c.size() - 1); });
}

INSTANTIATE_TEST_SUITE_P(Files, StoredSchema, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return kind.param.name; });

// What features are, no layer can say.
TEST(ExportedSchema, StaysWhenTheScalingIsFolded) {
  ModelFile file;
  file.net = make_mlp({kFeatures, 2}, "sigmoid", "xavier", 1);
  file.outputs = {"a", "b"};
  file.preprocessing = of_table();
  NetExport net = export_part(file, NetPart::full);
  fold_scaling(net);
  EXPECT_EQ(net.preprocessing.schema, of_table().schema);
  const test::TempDir dir;
  write_torch(net, dir.path("net"));
  const auto content = decode_safetensors(read_file(dir.path("net")), "net");
  const json columns = json::parse(content.metadata.at("preprocessing"))["columns"];
  EXPECT_EQ(columns[1]["categories"], json({"blue", "naïve \"b\"", "red"}));
}

}  // namespace
}  // namespace dbn
