#!/usr/bin/env bash
# Installs what dbn is built from: those Debian packages that are missing. Usage: tools/setup.sh [--ci]
# --ci adds what the checks of .ci/run need.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache
  libeigen3-dev libboost-dev libboost-program-options-dev librandom123-dev libdnnl-dev liblbfgs-dev libfmt-dev nlohmann-json3-dev zlib1g-dev libpng-dev libzip-dev pkg-config libjs-chart.js
  libgtest-dev libgmock-dev python3-numpy
)
case "${1:-}" in
  '') ;;
  --ci) packages+=(chromium clang-format clang-14 libclang-rt-14-dev libomp-14-dev libonnx-dev libprotobuf-dev python3-onnx python3-sklearn python3-torch) ;;
  *) echo "setup: unknown argument '$1'; usage: tools/setup.sh [--ci]" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null; then
  echo "setup: no apt-get here; dbn needs what Debian 12 calls: ${packages[*]}"
  for tool in g++ cmake ninja; do
    command -v "$tool" >/dev/null || { echo "setup: $tool is missing" >&2; exit 1; }
  done
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "setup: not root and no sudo; as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@"; }
install_missing() { apt_get install --yes --no-install-recommends "${missing[@]}"; }

echo "setup: installing ${missing[*]}"
# A fresh machine has no package lists, an old one has stale lists: both show as a failed installation.
install_missing || { echo "setup: once more with fresh package lists"; apt_get update && install_missing; }
