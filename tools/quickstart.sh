#!/usr/bin/env bash
# From a fresh clone to a first result: installs packages, builds, and compares starts with few and with all labels of the
# embedded data. Arguments go to `dbn compare` instead.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/tools/setup.sh" >&2
(
  cd "$root"
  cmake --preset release
  cmake --build --preset release --parallel "$(nproc)" --target dbn_tool
) >&2
(($#)) || set -- --labels 200,all --out "$root/build/runs.jsonl" --report "$root/build/report.html"
exec "$root/build/release/dbn" compare "$@"
