#!/usr/bin/env bash
# Gives the parsers bytes that libFuzzer makes up. Usage: tools/fuzz.sh [TARGET...] [--runs N]
# Without a target all of them, one after the other; N inputs each, 10 million unless said otherwise. What is found is
# named at the end with the command that tries it again; the seeds in tests/fuzz/corpus stay as they are.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
seeds=tests/fuzz/corpus
build=build/fuzz
usage='usage: tools/fuzz.sh [TARGET...] [--runs N]'

mapfile -t known < <(ls "$seeds")
targets=()
runs=10000000
while (($#)); do
  case $1 in
    --runs)
      runs=${2:-}
      [[ $runs =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: --runs: expected a number from 1, found '$runs'; $usage" >&2; exit 2; }
      shift
      ;;
    *)
      [[ -n $1 && -d $seeds/$1 ]] || { echo "fuzz: expected a target of ${known[*]}, found '$1'; $usage" >&2; exit 2; }
      targets+=("$1")
      ;;
  esac
  shift
done
((${#targets[@]})) || targets=("${known[@]}")

cmake --preset fuzz
cmake --build --preset fuzz --parallel "$(nproc)" --target "${targets[@]/#/fuzz_}"

# Freed memory that the sanitizer holds back counts for the limit too.
export ASAN_OPTIONS=quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1
findings=$build/findings
mkdir -p "$findings"
failed=()
for target in "${targets[@]}"; do
  echo "fuzz: $target, $runs inputs"
  # New inputs that reach new code go to the first folder, so that a second run goes on from them.
  mkdir -p "$build/corpus/$target"
  log=$build/$target.log
  if "$build/tests/fuzz_$target" -runs="$runs" -max_len=1024 -rss_limit_mb=256 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$findings/$target-" "$build/corpus/$target" "$seeds/$target" >"$log" 2>&1; then
    sed -n 's/^stat::\(number_of_executed_units\|average_exec_per_sec\): */  \1 /p' "$log"
  else
    failed+=("$target")
  fi
done

for target in "${failed[@]}"; do
  echo "fuzz: $target failed, see $build/$target.log"
  # Named by libFuzzer where it wrote the input.
  sed -n "s|^.*Test unit written to \(.*\)$|fuzz:   again: $build/tests/fuzz_$target \1|p" "$build/$target.log"
done
((${#failed[@]} == 0)) && echo "fuzz: ${#targets[@]} targets, nothing found"
