#pragma once
// The table of activation functions. To add one: a row in activations().

#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/types.hpp>

namespace dbn {

/// One activation function, applied to whole matrices. An element's bits depend on nothing but the element: not on
/// where it stands in a matrix, nor on where a tile is cut. NaN stays NaN, so that a diverged run shows.
struct Activation {
  std::string name;
  void (*apply)(MatrixRef x);  ///< total input becomes output, in place
  /// delta *= f'(total input). `at` is the output, which is all that is kept of a forward pass, or the total input
  /// where `slope_from_input` is set. At a kink it is the slope that PyTorch takes.
  void (*multiply_by_slope)(const ConstMatrixRef& at, MatrixRef delta);
  /// delta *= f''(total input), by the output as well; null where `slope_from_input` is set. 0 at a kink.
  void (*multiply_by_curvature)(const ConstMatrixRef& output, MatrixRef delta);
  double gain;  ///< as in torch.nn.init.calculate_gain; 1 for those that it does not know
  /// The start that is recommended for it. ReLU, its kin and ELU: He [He et al. 2015]; SELU: LeCun [Klambauer et al.
  /// 2017]; others Xavier [Glorot & Bengio 2010].
  std::string initializer;
  /// multiply_by_slope is given the total input instead of the output: the function is not monotone, so that its slope
  /// does not follow from its output.
  bool slope_from_input = false;
};

/// All activations, each the function of PyTorch's module of that name with its default arguments: leaky-relu has slope
/// 0.01 below 0, elu and selu end at -1 and -1.758, gelu is x times the normal distribution function (exact, by erf).
const std::vector<Activation>& activations();

/// The row of that name; lives as long as the program. InvalidArgument lists the known ones.
const Activation& activation(std::string_view name);

/// Names of all activations, for option choices.
std::vector<std::string> activation_names();

}  // namespace dbn
