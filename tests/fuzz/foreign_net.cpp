#include <dbn/model/foreign_net.hpp>

#include "../support/zip_bytes.hpp"
#include "fuzz_target.hpp"

// As a file, and once more as two arrays of an archive, whose checksums no chance would make right.
int dbn::fuzz::foreign_net(Bytes bytes) {
  const auto load = [](Bytes file) {
    return taken([&] { taken<InvalidArgument>([&] { load_foreign_net(file, "fuzz", "relu"); }); });
  };
  const Bytes weight = bytes.first(bytes.size() / 2), bias = bytes.subspan(weight.size());
  return load(bytes) + load(test::zip_bytes({{.name = "0.weight.npy", .content = {weight.begin(), weight.end()}},
                                             {.name = "0.bias.npy", .content = {bias.begin(), bias.end()}}}));
}
