#include <dbn/nn/initializer.hpp>

#include <cmath>

#include <dbn/core/table.hpp>

namespace dbn {
namespace {

// Uniform on [-bound, bound).
void fill_uniform(const Stream& stream, double bound, MatrixRef weights) {
  Vector column(weights.rows());
  for (Index o = 0; o < weights.cols(); ++o) {
    stream.uniforms_into({.instance = static_cast<std::uint32_t>(o)},
                         {column.data(), static_cast<std::size_t>(column.size())});
    weights.col(o) = static_cast<Scalar>(bound) * (Scalar{2} * column.array() - Scalar{1});
  }
}

double xavier_deviation(const MatrixRef& w) { return std::sqrt(2.0 / static_cast<double>(w.rows() + w.cols())); }
double he_deviation(const MatrixRef& w) { return std::sqrt(2.0 / static_cast<double>(w.rows())); }

void fill_zeros(const Stream&, MatrixRef weights) { weights.setZero(); }
void fill_small_normal(const Stream& stream, MatrixRef w) { fill_normal(stream, 0.01, w); }
void fill_xavier_normal(const Stream& stream, MatrixRef w) { fill_normal(stream, xavier_deviation(w), w); }
void fill_he_normal(const Stream& stream, MatrixRef w) { fill_normal(stream, he_deviation(w), w); }
// A uniform on [-b, b] has standard deviation b / sqrt(3).
void fill_xavier_uniform(const Stream& s, MatrixRef w) { fill_uniform(s, std::sqrt(3.0) * xavier_deviation(w), w); }
void fill_he_uniform(const Stream& s, MatrixRef w) { fill_uniform(s, std::sqrt(3.0) * he_deviation(w), w); }

}  // namespace

const std::vector<Initializer>& initializers() {
  static const std::vector<Initializer> table{
      {"zeros", "all units of a layer stay alike", "sigmoid", &fill_zeros},
      {"normal", "standard deviation 0.01, Hinton 2012", "sigmoid", &fill_small_normal},
      {"xavier", "normal, Glorot & Bengio 2010", "sigmoid", &fill_xavier_normal},
      {"xavier-normal", "Glorot & Bengio 2010", "sigmoid", &fill_xavier_normal},
      {"xavier-uniform", "Glorot & Bengio 2010", "sigmoid", &fill_xavier_uniform},
      {"he", "normal, He et al. 2015", "relu", &fill_he_normal},
      {"he-normal", "He et al. 2015", "relu", &fill_he_normal},
      {"he-uniform", "He et al. 2015", "relu", &fill_he_uniform},
  };
  return table;
}

const Initializer& initializer(std::string_view name) { return row_named(initializers(), name, "initializer"); }

std::vector<std::string> initializer_names() { return row_names(initializers()); }

void fill_normal(const Stream& stream, double deviation, MatrixRef weights) {
  weights.setZero();
  add_normal_noise(stream, {}, weights);
  weights *= static_cast<Scalar>(deviation);
}

}  // namespace dbn
