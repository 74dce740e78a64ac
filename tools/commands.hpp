#pragma once
// The table of subcommands. To add one: tools/commands/<name>.cpp and a row in main.cpp.

#include <span>
#include <string>

/// Runs with the arguments behind the command's name; throws what the library throws.
using CommandFunction = void (*)(std::span<const std::string> arguments);

void run_pretrain(std::span<const std::string> arguments);
void run_finetune(std::span<const std::string> arguments);
void run_init(std::span<const std::string> arguments);
void run_compare(std::span<const std::string> arguments);
void run_report(std::span<const std::string> arguments);
void run_reproduce(std::span<const std::string> arguments);
void run_evaluate(std::span<const std::string> arguments);
void run_predict(std::span<const std::string> arguments);
void run_encode(std::span<const std::string> arguments);
void run_reconstruct(std::span<const std::string> arguments);
void run_sample(std::span<const std::string> arguments);
void run_likelihood(std::span<const std::string> arguments);
void run_bench(std::span<const std::string> arguments);
void run_export(std::span<const std::string> arguments);
void run_import(std::span<const std::string> arguments);
void run_inspect(std::span<const std::string> arguments);
void run_data(std::span<const std::string> arguments);
