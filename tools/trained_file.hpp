#pragma once
// A stack or a model: what commands read that take either.

#include <string>
#include <variant>

#include <dbn/model/model_file.hpp>
#include <dbn/model/stack_file.hpp>

using TrainedFile = std::variant<dbn::StackFile, dbn::ModelFile>;

/// Reads whichever it is. Throws IoError, or DataError for anything else.
TrainedFile load_trained_file(const std::string& path);

const dbn::Preprocessing& preprocessing_of(const TrainedFile& file);
