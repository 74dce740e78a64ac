#pragma once
// What PyTorch made of a small net, from a file of make_pytorch_fixtures.py; and how near to it we are.

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <dbn/core/option.hpp>
#include <dbn/data/case_source.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/json.hpp>
#include <dbn/nn/mlp.hpp>
#include <dbn/nn/targets.hpp>

namespace dbn::test {

using Json = nlohmann::json;

/// How far a number may be from PyTorch's, in units of the largest number of its tensor: a sum of terms of both signs
/// has no digits of its own when it nearly vanishes.
constexpr double kRelative = sizeof(Scalar) == sizeof(float) ? 1e-5 : 1e-10;

inline Json read_fixture(const std::string& name) {
  const std::string path = std::string(DBN_SOURCE_DIR) + "/tests/fixtures/pytorch/" + name + ".json";
  const ByteBuffer bytes = read_file(path);
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

/// A flat list in the order in which PyTorch stores a tensor; its rows are our columns.
inline Eigen::MatrixXd tensor(const Json& list, Index rows) {
  const auto numbers = list.get<std::vector<double>>();
  const auto size = static_cast<Index>(numbers.size());
  return Eigen::Map<const Eigen::MatrixXd>(numbers.data(), rows, size / rows);
}

inline void expect_close(const ConstMatrixRef& found, const Json& expected, const std::string& what) {
  ASSERT_EQ(static_cast<std::size_t>(found.size()), expected.size()) << what;
  const Eigen::MatrixXd exact = tensor(expected, found.rows());
  const Eigen::MatrixXd off = (found.cast<double>() - exact) / exact.cwiseAbs().maxCoeff();
  EXPECT_TRUE((off.array().abs() <= kRelative).all()) << what << ": relative deviations\n" << off.transpose();
}

inline void expect_close(double found, const Json& expected, const std::string& what) {
  EXPECT_NEAR(found, expected.get<double>(), kRelative * std::abs(expected.get<double>())) << what;
}

/// A list's matrices, each expected under its tensor's name and no other there.
inline void expect_close(const TensorList& names, const std::vector<Matrix>& found, const Json& expected,
                         const std::string& what) {
  ASSERT_EQ(names.size(), expected.size()) << what;
  for (std::size_t i = 0; i < names.size(); ++i)
    expect_close(found[i], expected.at(names[i].name), what + ", " + names[i].name);
}

/// Sets options by their names on the command line.
inline void set_options(const OptionFields& fields, const Json& options) {
  for (const auto& [name, value] : options.items()) {
    const auto field = std::ranges::find(fields, name, &OptionField::name);
    ASSERT_NE(field, fields.end()) << "no option " << name;
    set_option(*field, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

/// The net and the cases of a fixture.
class PyTorchFixture {
 public:
  explicit PyTorchFixture(const std::string& name) : json_(read_fixture(name)), cases_(cases()) {}

  const Json& operator[](const char* key) const { return json_.at(key); }
  const Json& rows() const { return json_.at("rows"); }

  Mlp net(const std::string& activation) const {
    Mlp net = make_mlp(data("sizes").get<std::vector<Index>>(), activation, "xavier", 0);
    for (auto& [name, values] : net.tensors()) values = tensor(json_.at("net").at(name), values.rows()).cast<Scalar>();
    return net;
  }

  Index batch() const { return data("batch").get<Index>(); }
  Index batch_count() const { return (cases_.case_count() + batch() - 1) / batch(); }
  Index class_count() const { return data("sizes").back().get<Index>(); }
  const PreparedCases& prepared() const { return cases_; }

  /// Numbers of the cases of a batch; the last one is smaller.
  std::vector<Index> numbers(Index which) const {
    const Index first = which * batch();
    std::vector<Index> found(static_cast<std::size_t>(std::min(batch(), cases_.case_count() - first)));
    std::iota(found.begin(), found.end(), first);
    return found;
  }
  Matrix inputs(const std::vector<Index>& numbers) const {
    Matrix found(cases_.feature_count(), static_cast<Index>(numbers.size()));
    cases_.gather_into(numbers, found);
    return found;
  }
  /// Targets that are numbers.
  Matrix values(const std::vector<Index>& numbers) const {
    return tensor(data("targets"), class_count()).cast<Scalar>()(Eigen::all, numbers);
  }

 private:
  const Json& data(const char* key) const { return json_.at("data").at(key); }

  PreparedCases cases() const {
    auto dataset = std::make_shared<Dataset>();
    dataset->name = "fixture";
    const Index features = data("sizes").front().get<Index>();
    dataset->features = Matrix(tensor(data("inputs"), features).cast<Scalar>());
    dataset->labels = data("labels").get<std::vector<int>>();
    dataset->classes = std::vector<std::string>(static_cast<std::size_t>(class_count()));
    dataset->shape = {features};
    const auto all = all_cases(dataset->case_count());
    return {dataset, all, {}};
  }

  Json json_;
  PreparedCases cases_;
};

}  // namespace dbn::test
