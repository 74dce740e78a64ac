#pragma once
// Whether data are the same as before.

#include <string>

#include <dbn/core/tensor.hpp>
#include <dbn/data/dataset.hpp>

namespace dbn {

/// Number of cases and features, and a CRC-32 over features, labels, class names, targets, shape and schema:
/// `60000 cases of 784 features, crc32 1c291ca3`. Where the data came from does not matter.
std::string fingerprint(const Dataset& dataset);

/// A CRC-32 over the values of tensors, in their order.
std::string fingerprint(const TensorList& tensors);

}  // namespace dbn
