#pragma once
// Commands tried on a small stack in a folder of their own.

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <dbn/io/npy.hpp>
#include <dbn/model/model_file.hpp>

#include "small_stack.hpp"
#include "tool_test.hpp"

namespace dbn::test {

/// The stack stands in the folder as `s`.
class StackTool : public ToolTest {
 protected:
  StackTool() { save_stack(file_, dir_.path("s")); }

  // The file that the library writes of these numbers.
  ByteBuffer npy_of(const Matrix& columns) const {
    write_npy(dir_.path("expected"), columns);
    return bytes("expected");
  }
  // The same of features, in raw units.
  ByteBuffer raw_npy_of(Matrix features) const { return npy_of(raw(std::move(features))); }
  Matrix raw(Matrix features) const {
    file_.preprocessing.invert(features);
    return features;
  }
  // Numbers as a table with the columns x1, x2, ... and every digit.
  static std::string csv_of(const std::string& letter, const Matrix& columns) {
    std::string csv;
    for (Index r = 0; r < columns.rows(); ++r) csv += fmt::format("{}{}{}", r == 0 ? "" : ",", letter, r + 1);
    for (Index c = 0; c < columns.cols(); ++c)
      for (Index r = 0; r < columns.rows(); ++r) csv += fmt::format("{}{}", r == 0 ? "\n" : ",", columns(r, c));
    return csv + "\n";
  }
  const Rbm& rbm(std::size_t i) const { return std::get<Rbm>(file_.stack.layers[i]); }

  // A net in a file `m`, for the stack's data.
  void save_net(const Mlp& net, const std::string& task, const std::string& loss,
                const std::vector<std::string>& outputs = {}) const {
    save_model({.net = net,
                .outputs = outputs,
                .preprocessing = file_.preprocessing,
                .seed = 1,
                .start = "xavier",
                .history = {},
                .task = task,
                .loss = loss},
               dir_.path("m"));
  }
  void save_classifier(const Mlp& net) const { save_net(net, "classification", "softmax", {"a", "b", "c"}); }

  StackFile file_ = small_stack({9, 5, 4});
};

/// With three cases for it in `d.csv`, which have no labels.
class StackToolWithCases : public StackTool {
 protected:
  StackToolWithCases() {
    write_csv(dir_.path("d.csv"), images_);
    file_.preprocessing.apply(cases_);
  }

  static constexpr const char* kData = " --data d.csv --label-column none";

  Matrix images_ = small_images(9, 3);
  Matrix cases_ = images_;  ///< scaled
};

}  // namespace dbn::test
