#pragma once
// The table of activation functions. To add one: a row in activations().

#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// One activation function, applied to whole matrices.
struct Activation {
  std::string name;
  void (*apply)(MatrixRef x);  ///< total input becomes output, in place
  /// delta *= f'(total input), with the slope taken from the output, which is all that is kept of a forward pass.
  void (*multiply_by_slope)(const ConstMatrixRef& output, MatrixRef delta);
  double gain;              ///< as in torch.nn.init.calculate_gain
  std::string initializer;  ///< the start that is recommended for it (SCIENCE: ReLU He, others Xavier)
};

/// All activations.
const std::vector<Activation>& activations();

/// The row of that name; lives as long as the program. InvalidArgument lists the known ones.
const Activation& activation(std::string_view name);

/// Names of all activations, for option choices.
std::vector<std::string> activation_names();

}  // namespace dbn
