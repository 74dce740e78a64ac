#include <dbn/model/onnx_writer.hpp>

#include <dbn/core/error.hpp>

#ifdef DBN_WITH_ONNX

#include <algorithm>
#include <cstdint>
#include <numbers>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#define ONNX_ML 1
#define ONNX_NAMESPACE onnx
#include <onnx/onnx_pb.h>

#include <dbn/io/file.hpp>

namespace dbn {
namespace {

constexpr std::int32_t kNumber =
    sizeof(Scalar) == sizeof(float) ? onnx::TensorProto_DataType_FLOAT : onnx::TensorProto_DataType_DOUBLE;
constexpr const char* kInput = "features";

/// Activations that are operators with the same defaults.
struct Operator {
  std::string_view activation;
  const char* name;
};
constexpr Operator kOperators[] = {
    {"sigmoid", "Sigmoid"}, {"tanh", "Tanh"}, {"relu", "Relu"},         {"leaky-relu", "LeakyRelu"},
    {"elu", "Elu"},         {"selu", "Selu"}, {"softplus", "Softplus"}, {"softsign", "Softsign"},
};

/// A chain of nodes, each of which takes the value that the one before it gives.
class Chain {
 public:
  explicit Chain(onnx::GraphProto& graph) : graph_(graph), value_(kInput) {}

  const std::string& value() const { return value_; }

  /// The node takes the value first and then `more`; its result is the next value.
  onnx::NodeProto& then(const std::string& operation, const std::vector<std::string>& more = {}) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(operation);
    node.add_input(value_);
    for (const auto& input : more) node.add_input(input);
    value_ = fmt::format("value{}", graph_.node_size());
    node.set_name(fmt::format("{}{}", operation, graph_.node_size()));
    node.add_output(value_);
    return node;
  }

  /// A constant of this shape, by a name of its own.
  std::string constant(const std::string& name, const std::vector<Index>& shape, const Scalar* numbers) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    Index count = 1;
    for (const Index extent : shape) {
      tensor.add_dims(extent);
      count *= extent;
    }
    tensor.set_data_type(kNumber);
    tensor.set_name(name);
    tensor.set_raw_data(numbers, static_cast<std::size_t>(count) * sizeof(Scalar));
    return name;
  }
  std::string constant(const std::string& name, const Vector& numbers) {
    return constant(name, {numbers.size()}, numbers.data());
  }
  std::string number(double value) {
    const auto number = static_cast<Scalar>(value);
    return constant(fmt::format("number{}", graph_.initializer_size()), {}, &number);
  }

 private:
  onnx::GraphProto& graph_;
  std::string value_;
};

void set_attribute(onnx::NodeProto& node, const char* name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto_AttributeType_FLOAT);
  attribute.set_f(value);
}
void set_attribute(onnx::NodeProto& node, const char* name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto_AttributeType_INT);
  attribute.set_i(value);
}

// The operator's own alpha is 0.2, not that of PyTorch's function.
void add_hard_sigmoid(Chain& chain) {
  onnx::NodeProto& node = chain.then("HardSigmoid");
  set_attribute(node, "alpha", 1.0F / 6);
  set_attribute(node, "beta", 0.5F);
}

void add_clip(double least, double most, Chain& chain) {
  const std::string from = chain.number(least);
  chain.then("Clip", {from, chain.number(most)});
}

// x times the normal distribution function, for which this operator set has no operator.
void add_gelu(Chain& chain) {
  const std::string x = chain.value();
  chain.then("Mul", {chain.number(1 / std::numbers::sqrt2)});
  chain.then("Erf");
  chain.then("Add", {chain.number(1)});
  chain.then("Mul", {x});
  chain.then("Mul", {chain.number(0.5)});
}

void add_hard_swish(Chain& chain) {
  const std::string x = chain.value();
  add_hard_sigmoid(chain);
  chain.then("Mul", {x});
}

void add_activation(const std::string& name, Chain& chain) {
  for (const Operator& row : kOperators)
    if (row.activation == name) {
      chain.then(row.name);
      return;
    }
  if (name == "linear") return;
  if (name == "gelu") return add_gelu(chain);
  if (name == "hard-sigmoid") return add_hard_sigmoid(chain);
  if (name == "hard-swish") return add_hard_swish(chain);
  if (name == "hard-tanh") return add_clip(-1, 1, chain);
  if (name == "relu6") return add_clip(0, 6, chain);
  throw InvalidArgument(fmt::format("--to onnx: the activation {} has no operators yet; try another --to", name));
}

void add_preprocessing(const Preprocessing& preprocessing, Chain& chain) {
  const Binarization& binarization = preprocessing.binarization;
  if (binarization.rule == Binarization::Rule::sample)
    throw InvalidArgument(
        "--to onnx: data are binarized by draws (--binarize sample), which a graph cannot make; try another --to");
  if (preprocessing.scale != "none") {
    chain.then("Sub", {chain.constant("preprocessing.shift", preprocessing.shift)});
    chain.then("Mul", {chain.constant("preprocessing.factor", preprocessing.factor)});
  }
  if (binarization.rule != Binarization::Rule::threshold) return;
  chain.then("Greater", {chain.number(binarization.threshold)});
  set_attribute(chain.then("Cast"), "to", std::int64_t{kNumber});
}

void add_layers(const Mlp& net, Chain& chain) {
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    const DenseLayer& layer = net.layers[i];
    // Our bytes are those of a row-major [out, in] matrix.
    const std::string weight =
        chain.constant(fmt::format("{}.weight", 2 * i), {layer.fan_out(), layer.fan_in()}, layer.weights.data());
    onnx::NodeProto& node = chain.then("Gemm", {weight, chain.constant(fmt::format("{}.bias", 2 * i), layer.bias)});
    set_attribute(node, "transB", std::int64_t{1});
    add_activation(layer.activation->name, chain);
  }
}

// The name of what the graph gives.
std::string add_prediction(const NetExport& net, Chain& chain) {
  if (net.prediction == "softmax") set_attribute(chain.then("Softmax"), "axis", std::int64_t{1});
  if (net.prediction == "binary-cross-entropy") chain.then("Sigmoid");
  if (net.part == NetPart::encoder) return "codes";
  return net.prediction == "squared-error" ? "values" : "probabilities";
}

void describe(onnx::ValueInfoProto& value, const std::string& name, Index units) {
  value.set_name(name);
  auto& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(kNumber);
  tensor.mutable_shape()->add_dim()->set_dim_param("cases");
  tensor.mutable_shape()->add_dim()->set_dim_value(units);
}

onnx::ModelProto model_of(const NetExport& net) {
  constexpr std::int64_t kOperatorSet = 13, kVersion = 7;  // the first version of the format for this set
  onnx::ModelProto model;
  model.set_ir_version(kVersion);
  model.set_producer_name("dbn");
  model.add_opset_import()->set_version(kOperatorSet);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("dbn");
  describe(*graph.add_input(), kInput, net.net.feature_count());
  Chain chain(graph);
  add_preprocessing(net.preprocessing, chain);
  add_layers(net.net, chain);
  const std::string output = add_prediction(net, chain);
  graph.mutable_node(graph.node_size() - 1)->set_output(0, output);
  describe(*graph.add_output(), output, net.net.output_count());
  if (!net.outputs.empty()) {
    onnx::StringStringEntryProto& entry = *model.add_metadata_props();
    entry.set_key(net.classes ? "classes" : "targets");
    entry.set_value(nlohmann::json(net.outputs).dump());
  }
  return model;
}

}  // namespace

bool writes_onnx() { return true; }

void write_onnx(const NetExport& net, const std::string& path) {
  std::string bytes;
  if (!model_of(net).SerializeToString(&bytes))
    throw InvalidArgument("--to onnx: the net is larger than the 2 GiB that one file may have; try another --to");
  write_file(path, bytes);
}

}  // namespace dbn

#else

namespace dbn {

bool writes_onnx() { return false; }

void write_onnx(const NetExport&, const std::string&) {
  throw InvalidArgument(
      "--to onnx: this dbn was built without ONNX; install libonnx-dev and libprotobuf-dev and configure it again, or "
      "try another --to");
}

}  // namespace dbn

#endif
