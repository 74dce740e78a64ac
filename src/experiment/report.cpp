#include <dbn/experiment/report.hpp>

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base64.hpp"
#include "report_data.hpp"
#include "report_files.hpp"

namespace dbn {
namespace {

using nlohmann::json;
using Parts = std::map<std::string, std::string>;

// ASCII only, so that whatever is no UTF-8, or ends a line in a script, is out; and no character of markup.
std::string script_safe(const json& data) {
  std::string text;
  for (const char c : data.dump(-1, ' ', true, json::error_handler_t::replace)) {
    if (c == '<' || c == '>' || c == '&')
      text += fmt::format("\\u{:04x}", static_cast<int>(c));
    else
      text += c;
  }
  return text;
}

std::string valid_utf8(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

// Text between tags or in an attribute's quotes. Control characters show as what they are: unreadable.
std::string escaped(const std::string& text) {
  std::string html;
  for (const char c : valid_utf8(text)) {
    if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
      html += fmt::format("&#{};", static_cast<int>(c));
    else if ((c >= 0 && c < ' ') || c == '\x7f')
      html += c == '\n' ? "\n" : "\uFFFD";
    else
      html += c;
  }
  return html;
}

std::string paragraphs(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end > 0) html += fmt::format("<p>{}</p>\n", escaped(std::string(text.substr(0, end))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return html;
}

std::string source(const detail::ReportFile& file) { return fmt::format("'sha256-{}'", detail::base64(file.hash)); }

// Nothing is loaded, and nothing runs but what stands here.
std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
      source(detail::report_charts()), source(detail::report_script()), source(detail::report_style()));
}

// What is filled in is not looked at again, whatever it holds.
std::string fill(std::string_view page, const Parts& parts) {
  std::string filled;
  for (auto at = page.find("{{"); at != page.npos; at = page.find("{{")) {
    const auto end = page.find("}}", at);
    filled += page.substr(0, at);
    filled += parts.at(std::string(page.substr(at + 2, end - at - 2)));
    page.remove_prefix(end + 2);
  }
  return filled.append(page);
}

}  // namespace

std::string report_html(const ComparisonRecord& record) {
  const ComparisonResult result = summarize(record);
  return fill(detail::report_page().text, {{"policy", policy()},
                                           {"version", escaped(record.header.version)},
                                           {"training", escaped(record.header.training)},
                                           {"style", std::string(detail::report_style().text)},
                                           {"verdict", paragraphs(verdict(record, result))},
                                           {"data", script_safe(detail::report_data(record, result))},
                                           {"charts", std::string(detail::report_charts().text)},
                                           {"script", std::string(detail::report_script().text)}});
}

}  // namespace dbn
