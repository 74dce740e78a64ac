#!/usr/bin/env bash
# Downloads MNIST into a folder. Usage: data/fetch.sh [FOLDER]   (default ./mnist)
# Good files are kept, bad ones replaced; a file is either whole and checked or not there. DBN_MNIST_URL names another
# source, as a base address.
set -euo pipefail

folder=${1:-mnist}
sources=(https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist)
[[ -z ${DBN_MNIST_URL:-} ]] || sources=("${DBN_MNIST_URL%/}")

# SHA-256 of the files as published, and of copies that are compressed differently: the same labels and test images byte
# for byte, and training images in which pixels of value 1 read 0.
declare -A sums=(
  [train-images-idx3-ubyte.gz]='440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609
    93e036784f930730195681326e1602b1ef27f641efc0894ec4e9924776d448db'
  [train-labels-idx1-ubyte.gz]='3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c
    ec02e7948609e5754d47881c09b8afdd8dfa60600b9e5388c8c54a67069ec772'
  [t10k-images-idx3-ubyte.gz]='8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
    167310007f03058885c7e95e6c0b19c20de5c7fd3031f4cbdadc9014a523d80b'
  [t10k-labels-idx1-ubyte.gz]='f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6
    fc607395669ec21321ea83e4b82c0544b7e8e63ff5b34337c06bc0a17cc0da3c'
)

# good FILE NAME: FILE exists and holds what NAME should.
good() {
  [[ -f $1 ]] || return 1
  local sum
  sum=$(sha256sum <"$1")
  [[ ${sums[$2]} == *"${sum%% *}"* ]]
}

download() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --connect-timeout 20 --output "$2" "$1"
  else
    wget --quiet --timeout=20 --tries=1 --output-document="$2" "$1"
  fi
}

fetch() {
  local name=$1 source
  if good "$folder/$name" "$name"; then
    echo "fetch: $folder/$name is there"
    return
  fi
  for source in "${sources[@]}"; do
    if ! download "$source/$name" "$part"; then
      echo "fetch: no $name from $source" >&2
    elif ! good "$part" "$name"; then
      echo "fetch: $source/$name has another SHA-256 than expected; not kept" >&2
    else
      chmod 644 "$part"
      mv "$part" "$folder/$name"
      echo "fetch: $folder/$name downloaded"
      return
    fi
  done
  return 1
}

by_hand() {
  echo "fetch: incomplete. By hand: download these files into the folder $folder and run this script again to check them:"
  local name
  for name in "${missing[@]}"; do printf '  %s\n' "${sources[@]/%//$name}"; done
  ((${#sources[@]} == 1)) || echo "(each from either address)"
  echo "Without any file, every command runs on --data synthetic:digits."
}

mkdir -p "$folder"
part=$(mktemp "$folder/.fetch.XXXXXX")
trap 'rm -f "$part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

missing=()
for name in "${!sums[@]}"; do fetch "$name" || missing+=("$name"); done
if ((${#missing[@]} > 0)); then
  by_hand >&2
  exit 1
fi
