// What every benchmark here begins with: one thread, of which the numbers are.

#include <benchmark/benchmark.h>

#include <dbn/core/parallel.hpp>

int main(int argc, char** argv) {
  dbn::set_thread_count(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
