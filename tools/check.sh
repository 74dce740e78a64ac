#!/usr/bin/env bash
# Builds dbn and runs all its tests. DBN_CMAKE_ARGS holds more arguments for cmake, such as -DDBN_WERROR=ON.
# Tests on MNIST need $DBN_DATA_DIR/mnist (../shared/data/mnist by default); without it they are left out, except where
# CI is set.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=${DBN_DATA_DIR:-../shared/data}
without_data=()
if [[ ! -e $data/mnist/train-images-idx3-ubyte.gz ]]; then
  echo "check: no MNIST in $data/mnist; data/fetch.sh gets it, DBN_DATA_DIR says where it is" >&2
  [[ -z ${CI:-} ]] || exit 1
  echo "check: tests that need it are left out" >&2
  without_data=(--label-exclude '^data$')
fi

tools/setup.sh
read -ra more <<<"${DBN_CMAKE_ARGS:-}"
cmake --preset release "${more[@]}"
cmake --build --preset release --parallel "$(nproc)"
ctest --preset release --parallel "$(nproc)" "${without_data[@]}"
