#include <dbn/io/json.hpp>

#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>

namespace dbn {
namespace {

using Json = nlohmann::json;

/// Reads the text and remembers how far: the SAX interface tells the position of syntax errors only.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, std::size_t* bytes_read) : at_(at), bytes_read_(bytes_read) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    ++at_;
    ++*bytes_read_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  std::size_t* bytes_read_;
};

/// The part of nlohmann's message that names the fault; the rest repeats the text, which may be megabytes.
std::string fault(const std::string& message) {
  const auto begin = message.find("syntax error");
  if (begin == std::string::npos) return "number out of range";
  return message.substr(begin, message.find("; last read") - begin);
}

/// Builds the document and stops at the first thing that is not allowed.
class StrictBuilder : public nlohmann::json_sax<Json> {
 public:
  StrictBuilder(const std::string& what, int max_depth, std::size_t max_values)
      : what_(what), max_depth_(static_cast<std::size_t>(max_depth)), max_values_(max_values) {}

  Json take() { return std::move(root_); }
  std::size_t* bytes_read() { return &bytes_read_; }

  bool null() override { return place(nullptr); }
  bool boolean(bool value) override { return place(value); }
  bool number_integer(std::int64_t value) override { return place(value); }
  bool number_unsigned(std::uint64_t value) override { return place(value); }
  bool number_float(double value, const std::string&) override { return place(value); }
  bool string(std::string& value) override { return place(std::move(value)); }
  bool binary(Json::binary_t&) override { refuse(bytes_read_, "binary values are not JSON text"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (open_.back()->contains(name)) refuse(bytes_read_, fmt::format("duplicate key {}", quote_for_message(name)));
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    refuse(position, fault(error.what()));
  }

  [[noreturn]] void refuse(std::size_t position, const std::string& reason) const {
    throw DataError(fmt::format("{}: invalid JSON at byte {}: {}", what_, position, reason));
  }

 private:
  bool place(Json value) {
    put(std::move(value));
    return true;
  }

  Json* put(Json value) {
    if (++values_ > max_values_) refuse(bytes_read_, fmt::format("more than {} values", max_values_));
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool open(Json value) {
    if (open_.size() == max_depth_) refuse(bytes_read_, fmt::format("nesting deeper than {} levels", max_depth_));
    open_.push_back(put(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& what_;
  std::size_t max_depth_;
  std::size_t max_values_;
  std::size_t bytes_read_ = 0;
  std::size_t values_ = 0;
  Json root_;
  std::vector<Json*> open_;
  std::string key_;
};

}  // namespace

Json parse_json(std::string_view text, const std::string& what, int max_depth, std::size_t max_values) {
  StrictBuilder builder(what, max_depth, max_values);
  // nlohmann's lexer takes a NUL for the end of the text and would ignore what follows.
  if (const auto nul = text.find('\0'); nul != text.npos) builder.refuse(nul + 1, "a NUL byte");
  const Cursor begin(text.data(), builder.bytes_read());
  const Cursor end(text.data() + text.size(), builder.bytes_read());
  Json::sax_parse(begin, end, &builder);
  return builder.take();
}

std::string quote_for_message(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const Json shown = std::string(text.substr(0, kShown));
  return shown.dump(-1, ' ', true, Json::error_handler_t::replace) + (text.size() > kShown ? "..." : "");
}

}  // namespace dbn
