#pragma once
// Everything that dbn throws. The text says what was expected, what was found, where, and what to try.

#include <stdexcept>

namespace dbn {

/// Base of all errors of the library.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller's fault: a value out of range, shapes that do not fit, an unknown name.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

/// A file whose contents are not what its format or its use demands.
class DataError : public Error {
 public:
  using Error::Error;
};

/// A training run whose numbers passed all measure: infinite, not a number, or absurdly large.
class DivergenceError : public Error {
 public:
  using Error::Error;
};

/// Training stopped because it was asked to; a keeper has its state.
class Interrupted : public Error {
 public:
  using Error::Error;
};

/// A run that would need more memory than it may use; refused before anything is allocated.
class MemoryError : public Error {
 public:
  using Error::Error;
};

/// The system refused: missing file, permission, full disk, broken pipe.
class IoError : public Error {
 public:
  using Error::Error;
};

}  // namespace dbn
