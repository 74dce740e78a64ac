#pragma once
// What dbn finetune says when it is done.

#include <optional>
#include <string>

#include <dbn/nn/evaluation.hpp>
#include <dbn/nn/fine_tune.hpp>
#include <dbn/nn/reconstruction_evaluation.hpp>
#include <dbn/nn/regression_evaluation.hpp>

#include "cases.hpp"

/// Of test cases, by the task; none without them.
struct TestResult {
  std::optional<dbn::Evaluation> classes;
  std::optional<dbn::RegressionEvaluation> numbers;
  std::optional<dbn::ReconstructionEvaluation> reconstruction;
};

TestResult evaluate_test(const dbn::Mlp& net, const std::optional<dbn::PreparedCases>& cases,
                         const dbn::FinetuneOptions& options);

/// Prints the result as text or, by --json, as one object.
void report_finetune(const dbn::FinetuneResult& result, const TestResult& test, const TrainingCases& cases,
                     double seconds, const std::string& out, const CommandLine& line);
