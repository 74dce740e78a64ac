#include <dbn/pretrain/unroll.hpp>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/random.hpp>
#include <dbn/nn/initializer.hpp>

namespace dbn {

Mlp unroll(const Stack& stack, Index outputs, std::uint64_t seed) {
  stack.check();
  if (outputs < 1) throw InvalidArgument(fmt::format("unroll: expected at least one output, found {}", outputs));
  constexpr double kOutputDeviation = 0.01;
  Mlp net;
  for (const auto& layer : stack.layers)
    net.layers.push_back({encoder_weights(layer), encoder_bias(layer), &encoder_activation(layer)});
  DenseLayer output{Matrix(stack.code_count(), outputs), Vector::Zero(outputs), &activation("linear")};
  fill_normal(Stream(seed, Purpose::initial_weights, static_cast<std::uint32_t>(stack.layers.size())), kOutputDeviation,
              output.weights);
  net.layers.push_back(std::move(output));
  return net;
}

}  // namespace dbn
