#include "output_files.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/io/file.hpp>
#include <dbn/io/npy.hpp>

#include "cases.hpp"

using namespace dbn;

namespace {

constexpr std::array kEndings = {".csv", ".npy", ".png"};  // of each OutputFormat

const char* ending(OutputFormat format) { return kEndings[static_cast<std::size_t>(format)]; }

void check_format(const OutputFile& file) {
  std::vector<std::string> endings;
  if (std::ranges::any_of(file.formats, [&](OutputFormat format) { return asks_for(format, file.path); })) return;
  for (const OutputFormat format : file.formats) endings.emplace_back(ending(format));
  throw InvalidArgument(fmt::format("{}: expected a file that ends in {}, found '{}'", file.option,
                                    fmt::join(endings, " or "), file.path));
}

}  // namespace

bool asks_for(OutputFormat format, const std::string& path) { return path.ends_with(ending(format)); }

void check_output_files(const std::vector<OutputFile>& files, const std::string& model, const DataOptions& data,
                        const CommandLine& line) {
  const std::vector<std::string> inputs{model, data.data, data.label_file, data.test, data.test_label_file};
  for (auto file = files.begin(); file != files.end(); ++file) {
    if (file->path.empty()) continue;
    check_format(*file);
    check_output(file->path, inputs, line.global.force || line.global.dry_run, file->option);
    for (auto other = files.begin(); other != file; ++other)
      if (!other->path.empty() && same_file(other->path, file->path))
        throw InvalidArgument(
            fmt::format("{}: {} is also that of {}; name another file", file->option, file->path, other->option));
  }
}

void demand_cases(const CommandLine& line) {
  if (!line.given("data") && !line.given("test"))
    throw InvalidArgument(fmt::format("{0}: expected --data or --test, the cases; see dbn {0} --help", line.command()));
}

void write_unscaled(const std::string& path, Matrix cases, const Preprocessing& scaling) {
  scaling.invert(cases);
  write_npy(path, cases);
}
