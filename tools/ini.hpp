#pragma once
// INI files: sections, keys and values with their lines, read strictly.

#include <string>
#include <string_view>
#include <vector>

/// One `key = value` of a file.
struct IniEntry {
  std::string section;
  std::string key;
  std::string value;
  int line = 0;
};

/// The entries of a text. `#` and `;` start a comment at the start of a line or after white space; byte-order mark and
/// CRLF are accepted. Throws dbn::DataError with `name`:line for anything else.
std::vector<IniEntry> parse_ini(std::string_view text, const std::string& name);
