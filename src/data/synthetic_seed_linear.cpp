#include <dbn/core/parallel.hpp>

#include "synthetic_generators.hpp"

namespace dbn::detail {

Dataset make_seed_linear(const Stream& stream, Index cases) {
  constexpr Index kFeatures = 100;
  check_case_count("seed-linear", cases);
  Dataset dataset{.name = "synthetic:seed-linear",
                  .features = Matrix(Matrix::Zero(kFeatures, cases)),
                  .labels = std::vector<int>(static_cast<std::size_t>(cases)),
                  .classes = {"0", "1"},
                  .shape = {kFeatures}};
  auto& features = std::get<Matrix>(dataset.features);
  parallel_for(cases, [&](Index i) {
    stream.add_normals({.instance = static_cast<std::uint32_t>(i)}, {features.col(i).data(), kFeatures});
    dataset.labels[static_cast<std::size_t>(i)] = features.col(i).cast<double>().sum() > 0 ? 1 : 0;
  });
  return dataset;
}

}  // namespace dbn::detail
