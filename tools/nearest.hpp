#pragma once
// Guessing what a user meant to type.

#include <string>
#include <vector>

/// The known word with the smallest edit distance, or empty when none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& known);
