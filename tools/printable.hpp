#pragma once
// Text of unknown origin on a terminal: names in files may hold commands to it.

#include <string>
#include <string_view>

/// The text with control characters and bytes that are no UTF-8 written as \x1b: one line that only shows.
std::string printable(std::string_view text);
