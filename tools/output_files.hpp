#pragma once
// Files that commands write about cases: which format each is in, and whether it can be written.

#include <string>
#include <vector>

#include <dbn/data/case_source.hpp>
#include <dbn/data/source.hpp>

#include "command_line.hpp"

/// By the end of a file's name.
enum class OutputFormat { csv, npy, png };

/// A file that an option names; the path is empty when none is asked for.
struct OutputFile {
  std::string option;
  std::string path;
  std::vector<OutputFormat> formats;  ///< that the option takes
};

/// Whether a path asks for that format.
bool asks_for(OutputFormat format, const std::string& path);

/// Checks the files that a command with this model or stack and these data options writes. Throws InvalidArgument for a
/// format that the option does not take, and for a file that is also read or named twice; IoError as check_output().
void check_output_files(const std::vector<OutputFile>& files, const std::string& model, const dbn::DataOptions& data,
                        const CommandLine& line);

/// Throws InvalidArgument unless --data or --test was given.
void demand_cases(const CommandLine& line);

/// Writes cases (features x cases) as .npy, a row each, in the units of the data before scaling.
void write_unscaled(const std::string& path, dbn::Matrix cases, const dbn::Preprocessing& scaling);
