#include <dbn/data/npz_reader.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dbn/core/error.hpp>
#include <dbn/core/option.hpp>
#include <dbn/data/npy_reader.hpp>
#include <dbn/io/json.hpp>
#include <dbn/io/zip_archive.hpp>

#include "array_cases.hpp"

namespace dbn {
namespace {

constexpr const char* kFeatures = "x";
constexpr const char* kLabels = "y";
constexpr std::string_view kExtension = ".npy";

/// The arrays of an archive by their keys. What has another extension is no array and not read.
class NpzFile {
 public:
  NpzFile(std::span<const std::uint8_t> bytes, const std::string& name) : name_(name), archive_(bytes, name) {
    for (const auto& member : archive_.members())
      if (member.name.size() > kExtension.size() && member.name.ends_with(kExtension))
        keys_.push_back(member.name.substr(0, member.name.size() - kExtension.size()));
  }

  bool has(const std::string& key) const { return std::ranges::find(keys_, key) != keys_.end(); }

  /// `wanted`, or else the only key besides `other`.
  std::string choose(const std::string& wanted, const std::string& other) const {
    if (has(wanted)) return wanted;
    std::vector<std::string> rest = keys_;
    if (rest.size() > 1) std::erase(rest, other);
    if (rest.size() != 1)
      throw DataError(fmt::format("{}: expected an array '{}', or one array alone, found {}; name one as {}:KEY", name_,
                                  wanted, listed(), name_));
    return rest.front();
  }

  ByteBuffer read(const std::string& key) const {
    const auto& members = archive_.members();
    const auto member = std::ranges::find(members, key + std::string(kExtension), &ZipArchive::Member::name);
    if (member == members.end())
      throw DataError(fmt::format("{}: expected an array {}, found {}", name_, quote_for_message(key), listed()));
    return archive_.read(static_cast<std::size_t>(member - members.begin()));
  }

 private:
  /// For messages: all of a few keys, the first of many.
  std::string listed() const {
    constexpr std::ptrdiff_t kMost = 20;
    if (keys_.empty()) return "no array at all";
    std::vector<std::string> shown;
    for (const auto& key : keys_)
      if (std::ssize(shown) < kMost) shown.push_back(quote_for_message(key));
    return fmt::format("{}{}", fmt::join(shown, ", "), shown.size() < keys_.size() ? ", ..." : "");
  }

  const std::string& name_;
  ZipArchive archive_;
  std::vector<std::string> keys_;
};

std::string array_name(const std::string& file, const std::string& key) { return file + ":" + quote_for_message(key); }

}  // namespace

NpzPath NpzPath::parse(const std::string& path) {
  constexpr std::string_view kMark = ".npz:";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
  const auto mark = std::search(path.begin(), path.end(), kMark.begin(), kMark.end(), same);
  if (std::error_code none; mark == path.end() || std::filesystem::exists(path, none)) return {path, {}};
  const auto keys = mark + std::ssize(kMark);
  return {std::string(path.begin(), keys - 1), split_list(std::string(keys, path.end()))};
}

Dataset read_npz(std::span<const std::uint8_t> bytes, const std::string& name, const ReadOptions& options) {
  const NpzFile file(bytes, name);
  const std::string features = file.choose(kFeatures, kLabels);
  Dataset dataset = read_npy(file.read(features), array_name(name, features), options);
  dataset.name = name;
  if (options.label_column == "none" || features == kLabels || !file.has(kLabels)) return dataset;
  const ByteBuffer label_bytes = file.read(kLabels);
  const std::string label_name = array_name(name, kLabels);
  if (options.numeric_labels)
    set_targets(dataset, detail::array_targets(parse_npy(label_bytes, label_name), label_name), {});
  else
    set_labels(dataset, read_npy_labels(label_bytes, label_name));
  return dataset;
}

Dataset read_npz_targets(std::span<const std::uint8_t> bytes, const std::string& name) {
  const NpzFile file(bytes, name);
  const std::string key = file.choose(kLabels, kFeatures);
  return read_npy_targets(file.read(key), array_name(name, key));
}

std::vector<std::string> read_npz_labels(std::span<const std::uint8_t> bytes, const std::string& name) {
  const NpzFile file(bytes, name);
  const std::string key = file.choose(kLabels, kFeatures);
  return read_npy_labels(file.read(key), array_name(name, key));
}

ByteBuffer npz_member(std::span<const std::uint8_t> bytes, const std::string& name, const std::string& key) {
  return NpzFile(bytes, name).read(key);
}

}  // namespace dbn
