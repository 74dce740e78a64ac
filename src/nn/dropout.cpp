#include <dbn/nn/dropout.hpp>

#include <dbn/core/random.hpp>

namespace dbn {

void Dropout::mask_into(std::size_t layer, Index update, Index first_unit, MatrixRef mask) const {
  const auto kept = static_cast<Scalar>(1 - rate(layer));
  mask.setConstant(kept);
  draw_bernoulli(
      Stream(seed, Purpose::dropout, static_cast<std::uint32_t>(layer)),
      {.update = static_cast<std::uint32_t>(update), .instance = 0, .unit = static_cast<std::uint32_t>(first_unit)},
      mask, mask);
  mask /= kept;
}

}  // namespace dbn
