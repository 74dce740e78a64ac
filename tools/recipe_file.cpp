#include "recipe_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>

#include "ini.hpp"

using namespace dbn;

namespace {

OptionFields head_fields(RecipeFile& file) {
  return {
      {.name = "title", .value = &file.title, .help = "what is shown"},
      {.name = "source", .value = &file.source, .help = "where it was published"},
      {.name = "seeds", .value = &file.seeds, .help = "repetitions", .range = {1, 1000}},
      {.name = "minutes", .value = &file.minutes, .help = "for all of them on two cores", .range = {0, 1e5}},
  };
}

std::vector<RecipeSection> sections_of(RecipeFile& file) {
  std::vector<RecipeSection> sections = file.recipe->options();
  sections.push_back({"recipe", head_fields(file)});
  sections.push_back({"data", file.data.fields()});
  sections.push_back({"published", file.recipe->published()});
  return sections;
}

void set_entry(const std::vector<RecipeSection>& sections, const IniEntry& entry) {
  const auto section =
      std::find_if(sections.begin(), sections.end(), [&](const RecipeSection& s) { return s.name == entry.section; });
  if (section == sections.end()) throw DataError(fmt::format("unknown section [{}]", entry.section));
  const auto field = std::find_if(section->fields.begin(), section->fields.end(),
                                  [&](const OptionField& f) { return f.name == entry.key; });
  if (field == section->fields.end())
    throw DataError(fmt::format("unknown key '{}' in section [{}]", entry.key, entry.section));
  set_option(*field, entry.value);
}

}  // namespace

RecipeFile read_recipe(const std::string& name) {
  return read_recipe(name, row_named(embedded_recipes(), name, "recipe").text);
}

RecipeFile read_recipe(const std::string& name, std::string_view text) {
  RecipeFile file{.title = {}, .source = {}, .recipe = recipe(name).make()};
  const auto sections = sections_of(file);
  for (const auto& entry : parse_ini(text, name + ".ini")) {
    try {
      set_entry(sections, entry);
    } catch (const Error& error) {
      throw DataError(fmt::format("{}.ini:{}: {}", name, entry.line, error.what()));
    }
    file.reads_data = file.reads_data || entry.section == "data";
  }
  return file;
}
