// dbn export: the weights of a stack or model as files of other tools.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/table.hpp>
#include <dbn/io/file.hpp>
#include <dbn/model/net_export.hpp>
#include <dbn/model/net_writer.hpp>
#include <dbn/model/onnx_writer.hpp>

#include "cases.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "trained_file.hpp"

using namespace dbn;

namespace {

/// Who scales data before the net sees them.
enum class Scaling {
  reader_unaided,  ///< whoever reads the file, which does not say how
  reader,          ///< whoever reads the file, as it says
  net              ///< the net that the file holds
};

/// One kind of file. To add one: a row in targets().
struct Target {
  std::string name;
  std::string default_out;
  void (*write)(const NetExport& net, const std::string& path, bool overwrite);
  Scaling scaling;
  bool folder = false;
};

const std::vector<Target>& targets() {
  static const std::vector<Target> table{
      {"torch", "net.safetensors", [](const NetExport& net, const std::string& path, bool) { write_torch(net, path); },
       Scaling::reader},
      {"pt", "net.pt", [](const NetExport& net, const std::string& path, bool) { write_pt(net, path); },
       Scaling::reader_unaided},
      {"npz", "net.npz", [](const NetExport& net, const std::string& path, bool) { write_npz(net, path); },
       Scaling::reader},
      {"onnx", "net.onnx", [](const NetExport& net, const std::string& path, bool) { write_onnx(net, path); },
       Scaling::net},
      {"csv", "net.csv", &write_csv_folder, Scaling::reader, true},
  };
  return table;
}

struct ExportOptions {
  std::string to = "torch";
  std::string part;
  bool fold_scaling = false;
  std::string out;

  OptionFields fields() {
    return {
        {.name = "to",
         .value = &to,
         .help = "torch: safetensors with the keys of torch.nn.Sequential (0.weight, 0.bias, 2.weight, ...); pt: a "
                 "state dictionary of PyTorch with those keys; npz: NumPy arrays with those names; onnx: a graph from "
                 "raw data to predictions, where this dbn was built with ONNX; csv: a folder with "
                 "a file for each of these arrays",
         .choices = row_names(targets())},
        {.name = "part",
         .value = &part,
         .help = "full: all layers, of a stack its deep autoencoder; encoder: from data to codes; decoder: from codes "
                 "to data; classifier: all layers of a net that tells classes",
         .choices = net_part_names(),
         .unset = "encoder of a stack, classifier of a net for classes, full of others"},
        {.name = "fold-scaling",
         .value = &fold_scaling,
         .help = "put the scaling of data into the first layer, so that the net takes data as they are"},
        {.name = "out",
         .value = &out,
         .help = "file, or folder for csv, that is written",
         .unset = "net.safetensors, net.pt, net.npz, net.onnx or net.csv"},
    };
  }
};

NetExport exported(const TrainedFile& file, const ExportOptions& options) {
  NetExport net = std::visit([&](const auto& held) { return export_part(held, net_part(options.part, held)); }, file);
  if (!options.fold_scaling) return net;
  if (net.part == NetPart::decoder)
    throw InvalidArgument("--fold-scaling: a decoder takes codes, which nothing scales; leave the option out");
  fold_scaling(net);
  return net;
}

void check_folder(const NetExport& net, const std::string& folder, const std::string& input, bool overwrite) {
  for (const auto& file : csv_paths(net, folder))
    if (same_file(file, input)) throw InvalidArgument(fmt::format("--out: {} is also read; name another folder", file));
  check_csv_folder(net, folder, overwrite);
}

// What no net does: features of categories are made of their names by whoever feeds it.
std::string categories_note(const NetExport& net, const Target& format) {
  if (net.preprocessing.schema.empty()) return "";
  return fmt::format("give a column of categories as features of 0 and 1, one for each category in the order that {}; ",
                     format.name == "torch" ? "the file says" : "dbn inspect tells");
}

// What must be done to data before the net sees them; empty for nothing.
std::string scaling_note(const NetExport& net, const Target& format) {
  if (format.scaling == Scaling::net) return "";
  const Preprocessing& scaling = net.preprocessing;
  std::string note;
  if (scaling.scale != "none") {
    note = format.scaling == Scaling::reader ? "scale data as the file says, (x - shift) * factor"
           : scaling.shift.size() == 1 && scaling.factor.size() == 1
               ? fmt::format("scale data to (x - {}) * {}", scaling.shift[0], scaling.factor[0])
               : fmt::format("scale data by {}, which a {} file cannot say but --to torch or npz", scaling.scale,
                             format.name);
    note += net.preprocessing.binarization.rule == Binarization::Rule::none ? ", or use --fold-scaling" : "";
  }
  if (scaling.binarization.rule != Binarization::Rule::none)
    note += fmt::format("{}binarize them by {}", note.empty() ? "" : ", then ", scaling.binarization.text());
  return note;
}

nlohmann::json result_json(const NetExport& net, const ExportOptions& options, const std::string& note) {
  return {{"command", "export"},
          {"to", options.to},
          {"part", net_part_names()[static_cast<std::size_t>(net.part)]},
          {"sizes", sizes_of(net.net)},
          {"activations", net.activations()},
          {"prediction", net.prediction},
          {"scale", net.preprocessing.scale},
          {"binarize", net.preprocessing.binarization.text()},
          {"note", note},
          {"out", options.out}};
}

}  // namespace

void run_export(std::span<const std::string> arguments) {
  CommandLine line("export", "Writes the weights of a stack or model for other tools.");
  std::string path;
  ExportOptions options;
  line.add_argument("STACK|MODEL", &path, "file made by dbn pretrain or dbn finetune");
  line.add(options.fields());
  if (!line.parse(arguments)) return;

  check_options(options.fields());
  const Target& format = row_named(targets(), options.to, "format");
  if (options.out.empty()) options.out = format.default_out;
  const bool overwrite = line.global.force || line.global.dry_run;
  if (!format.folder) check_output(options.out, {path}, overwrite);
  const NetExport net = exported(load_trained_file(path), options);
  if (format.folder) check_folder(net, options.out, path, overwrite);
  const std::string summary =
      fmt::format("{} {} with {} after its layers", net_part_names()[static_cast<std::size_t>(net.part)],
                  fmt::join(sizes_of(net.net), "-"), fmt::join(net.activations(), ", "));
  if (line.global.dry_run) return print(summary + "\n");

  format.write(net, options.out, overwrite);
  std::string note = categories_note(net, format) + scaling_note(net, format);
  if (note.ends_with("; ")) note.resize(note.size() - 2);
  if (line.global.json) return print_json(result_json(net, options, note));
  print(fmt::format("{}: {}\n{}{}", summary, options.out, note, note.empty() ? "" : "\n"));
}
