// dbn bench: how close training comes to the best matrix product of this machine.

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <dbn/core/error.hpp>
#include <dbn/core/parallel.hpp>

#include "command_line.hpp"
#include "commands.hpp"
#include "estimate.hpp"
#include "output.hpp"
#include "product_ceiling.hpp"
#include "progress.hpp"
#include "training_speed.hpp"

using namespace dbn;

namespace {

constexpr Index kClasses = 10;

struct BenchOptions {
  std::vector<std::string> shapes{"784x500", "500x2000"};
  std::vector<Index> net{784, 500, 500, 2000, 10};
  Index batch = 100;
  Index cases = 20000;
  Index rounds = 9;

  OptionFields fields() {
    return {
        {.name = "shapes", .value = &shapes, .help = "RBMs to train, as VISIBLExHIDDEN"},
        {.name = "net",
         .value = &net,
         .help = "net to fine-tune: features, hidden layers, 10 classes",
         .range = {1, 1e6}},
        {.name = "batch", .value = &batch, .help = "cases a batch", .range = {1, 1e5}},
        {.name = "cases", .value = &cases, .help = "cases an epoch", .range = {10, 1e7}},
        {.name = "rounds",
         .value = &rounds,
         .help = "times that every measurement takes its turn; medians are printed",
         .range = {1, 1000}},
    };
  }
};

struct Shape {
  Index visible, hidden;
};

Shape parse_shape(const std::string& text) {
  const auto cross = text.find('x');
  if (cross == std::string::npos)
    throw InvalidArgument(fmt::format("--shapes: expected VISIBLExHIDDEN, such as 784x500, found '{}'", text));
  const Shape shape{parse_integer(text.substr(0, cross), "--shapes"),
                    parse_integer(text.substr(cross + 1), "--shapes")};
  constexpr Index kMost = 1000000;
  if (std::min(shape.visible, shape.hidden) < 1 || std::max(shape.visible, shape.hidden) > kMost)
    throw InvalidArgument(fmt::format("--shapes: expected sizes from 1 to {}, found '{}'", kMost, text));
  return shape;
}

/// One figure of every round.
struct Samples {
  std::vector<double> values;

  void add(double value) { values.push_back(value); }
  double quantile(double q) const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }
  double median() const { return quantile(0.5); }
};

/// Speeds of the libraries on some products, round by round.
class Ceiling {
 public:
  Ceiling(std::vector<std::unique_ptr<ProductLibrary>>& libraries, std::vector<ProductShape> products)
      : libraries_(libraries), products_(std::move(products)), speeds_(libraries.size()) {
    for (auto& row : speeds_) row.resize(products_.size());
  }

  /// Measures every library on every product, once.
  void measure() {
    for (std::size_t l = 0; l < libraries_.size(); ++l)
      for (std::size_t p = 0; p < products_.size(); ++p) speeds_[l][p].add(product_speed(*libraries_[l], products_[p]));
  }

  /// The best product of any library: GFLOP/s, each the median of all rounds, so that one lucky moment sets no limit.
  double best() const {
    double best = 0;
    for (const auto& row : speeds_)
      for (const auto& samples : row) best = std::max(best, samples.median());
    return best;
  }

  /// Latest speed of dbn's own tiles, which are the first row.
  double own(std::size_t product) const { return speeds_.front()[product].values.back(); }
  const std::vector<ProductShape>& products() const { return products_; }

  nlohmann::json json() const {
    nlohmann::json rows = nlohmann::json::array();
    for (std::size_t l = 0; l < libraries_.size(); ++l) {
      nlohmann::json row{{"library", libraries_[l]->name()}};
      for (std::size_t p = 0; p < products_.size(); ++p) row[products_[p].name] = speeds_[l][p].median();
      rows.push_back(row);
    }
    return rows;
  }

  std::string text() const {
    std::string lines;
    for (std::size_t l = 0; l < libraries_.size(); ++l) {
      std::vector<std::string> speeds;
      for (std::size_t p = 0; p < products_.size(); ++p)
        speeds.push_back(fmt::format("{} {:.0f}", products_[p].name, speeds_[l][p].median()));
      lines += fmt::format("  {:<20} {}\n", libraries_[l]->name(), fmt::join(speeds, "  "));
    }
    return lines;
  }

 private:
  std::vector<std::unique_ptr<ProductLibrary>>& libraries_;
  std::vector<ProductShape> products_;
  std::vector<std::vector<Samples>> speeds_;  ///< by library and product
};

double gflops(double operations, double seconds) { return operations / seconds * 1e-9; }

/// Contrastive divergence of one shape: 10 operations a weight and case.
class DivergenceBench {
 public:
  DivergenceBench(std::vector<std::unique_ptr<ProductLibrary>>& libraries, Shape shape, const BenchOptions& options)
      : shape_(shape),
        batch_(std::min(options.batch, options.cases)),
        cases_(random_cases(shape.visible, options.cases)),
        ceiling_(libraries, layer_products(shape.visible, shape.hidden, batch_, 2 * batch_)) {}

  void round() {
    ceiling_.measure();
    const double seconds = divergence_epoch_seconds(cases_, shape_.hidden, batch_);
    seconds_.add(seconds);
    speed_.add(gflops(operations(), seconds));
    products_.add(product_seconds());
    const DivergenceParts parts = divergence_parts(cases_, shape_.hidden, batch_);
    draws_.add(parts.draws);
    updates_.add(parts.updates);
    gather_.add(parts.gather);
    const int threads = thread_count();
    if (threads == 1) return;
    set_thread_count(1);
    scaling_.add(divergence_epoch_seconds(cases_, shape_.hidden, batch_) / seconds);
    set_thread_count(threads);
  }

  nlohmann::json json() const {
    nlohmann::json report{{"visible", shape_.visible},
                          {"hidden", shape_.hidden},
                          {"products", ceiling_.json()},
                          {"product_gflops", ceiling_.best()},
                          {"cd_epoch_seconds", seconds_.median()},
                          {"cd_gflops", speed_.median()},
                          {"cd_gflops_spread", {speed_.quantile(0.25), speed_.quantile(0.75)}},
                          {"cd_share", speed_.median() / ceiling_.best()},
                          {"not_product_share", rest()},
                          {"phases",
                           {{"products", products_.median()},
                            {"draws", draws_.median()},
                            {"updates", updates_.median()},
                            {"gather", gather_.median()}}}};
    if (!scaling_.values.empty()) report["speed_over_one_thread"] = scaling_.median();
    return report;
  }

  std::string text() const {
    std::string lines = fmt::format("RBM {} x {}, batch {}: products, GFLOP/s\n{}", shape_.visible, shape_.hidden,
                                    batch_, ceiling_.text());
    lines += fmt::format(
        "  CD-1 epoch           {:.3f} s, {:.0f} GFLOP/s, {:.2f} of the ceiling {:.0f} (half of {} rounds within "
        "{:.0f} to {:.0f})\n",
        seconds_.median(), speed_.median(), speed_.median() / ceiling_.best(), ceiling_.best(), speed_.values.size(),
        speed_.quantile(0.25), speed_.quantile(0.75));
    lines += fmt::format(
        "  of these seconds     products {:.3f}, draws {:.3f}, updates {:.3f}, gather {:.3f}; not products {:.0f} %\n",
        products_.median(), draws_.median(), updates_.median(), gather_.median(), 100 * rest());
    if (!scaling_.values.empty())
      lines += fmt::format("  over one thread      {:.2f} times as fast\n", scaling_.median());
    return lines;
  }

 private:
  double operations() const {
    return 10.0 * static_cast<double>(shape_.visible) * static_cast<double>(shape_.hidden) *
           static_cast<double>(cases_.case_count());
  }

  // What an epoch takes beside its products.
  double rest() const { return 1 - products_.median() / seconds_.median(); }

  // An epoch's products alone, by dbn's own tiles: up twice, down once, gradient once.
  double product_seconds() const {
    const auto& products = ceiling_.products();
    const double times[] = {2, 1, 1};
    double seconds = 0;
    for (std::size_t p = 0; p < products.size(); ++p)
      seconds += times[p] * products[p].operations() / ceiling_.own(p) * 1e-9;
    return seconds * static_cast<double>(cases_.case_count()) / static_cast<double>(batch_);
  }

  Shape shape_;
  Index batch_;
  PreparedCases cases_;
  Ceiling ceiling_;
  Samples seconds_, speed_, products_, draws_, updates_, gather_, scaling_;
};

/// Supervised training of one net: 6 operations a weight and case, by the convention of those who compare such figures;
/// the lowest layer, whose inputs need no delta, does 4.
class FinetuneBench {
 public:
  FinetuneBench(std::vector<std::unique_ptr<ProductLibrary>>& libraries, const BenchOptions& options)
      : sizes_(options.net),
        batch_(std::min(options.batch, options.cases)),
        cases_(random_cases(sizes_.front(), options.cases)) {
    for (std::size_t i = 0; i + 2 < sizes_.size(); ++i)
      ceilings_.emplace_back(libraries, layer_products(sizes_[i], sizes_[i + 1], batch_, batch_));
  }

  void round() {
    for (auto& ceiling : ceilings_) ceiling.measure();
    const double seconds = finetune_epoch_seconds(cases_, sizes_, batch_);
    seconds_.add(seconds);
    speed_.add(gflops(operations(), seconds));
  }

  nlohmann::json json() const {
    return {{"sizes", sizes_},
            {"product_gflops", ceiling()},
            {"finetune_epoch_seconds", seconds_.median()},
            {"finetune_gflops", speed_.median()},
            {"finetune_gflops_spread", {speed_.quantile(0.25), speed_.quantile(0.75)}},
            {"finetune_share", speed_.median() / ceiling()}};
  }

  std::string text() const {
    return fmt::format(
        "net {}, batch {}, Adam\n"
        "  fine-tuning epoch    {:.3f} s, {:.0f} GFLOP/s, {:.2f} of the ceiling {:.0f} (half of the rounds within "
        "{:.0f} to "
        "{:.0f})\n",
        fmt::join(sizes_, "-"), batch_, seconds_.median(), speed_.median(), speed_.median() / ceiling(), ceiling(),
        speed_.quantile(0.25), speed_.quantile(0.75));
  }

 private:
  // The best product of any of its layers.
  double ceiling() const {
    double best = 0;
    for (const auto& layer : ceilings_) best = std::max(best, layer.best());
    return best;
  }

  double operations() const {
    double weights = 0;
    for (std::size_t i = 0; i + 1 < sizes_.size(); ++i)
      weights += static_cast<double>(sizes_[i]) * static_cast<double>(sizes_[i + 1]);
    return 6 * weights * static_cast<double>(cases_.case_count());
  }

  std::vector<Index> sizes_;
  Index batch_;
  PreparedCases cases_;
  std::vector<Ceiling> ceilings_;
  Samples seconds_, speed_;
};

// What all that is measured takes: everybody's cases are there throughout, measurements take turns.
double bench_bytes(const std::vector<Shape>& shapes, const BenchOptions& options) {
  const Index batch = std::min(options.batch, options.cases);
  double data = random_cases_memory(options.net.front(), options.cases);
  double most = fine_tune_memory(options.net, {.batch = batch}, options.cases);
  for (std::size_t i = 0; i + 2 < options.net.size(); ++i)
    for (const auto& product : layer_products(options.net[i], options.net[i + 1], batch, batch))
      most = std::max(most, product.memory());
  for (const Shape& shape : shapes) {
    data += random_cases_memory(shape.visible, options.cases);
    most = std::max(most, divergence_memory(shape.visible, shape.hidden, batch, options.cases));
    for (const auto& product : layer_products(shape.visible, shape.hidden, batch, 2 * batch))
      most = std::max(most, product.memory());
  }
  return data + most;
}

void check(const BenchOptions& options) {
  if (options.net.size() < 3 || options.net.back() != kClasses)
    throw InvalidArgument(
        fmt::format("--net: expected features, hidden layers and {} classes, such as 784,500,10, found {}", kClasses,
                    fmt::join(options.net, ",")));
}

}  // namespace

void run_bench(std::span<const std::string> arguments) {
  CommandLine line("bench",
                   "Measures this machine's best matrix product, and which share of it training reaches: products and "
                   "epochs take turns, because machines change their speed.");
  BenchOptions options;
  line.add(options.fields());
  if (!line.parse(arguments)) return;
  check(options);
  std::vector<Shape> shapes;
  for (const auto& text : options.shapes) shapes.push_back(parse_shape(text));
  check_memory(line, "bench", bench_bytes(shapes, options),
               "try smaller --shapes and a smaller --net, a smaller --batch, or fewer --cases");
  if (line.global.dry_run)
    return print(fmt::format("{} rounds of {} RBMs and one net, {} cases an epoch\n", options.rounds, shapes.size(),
                             options.cases));

  auto libraries = product_libraries();
  std::vector<DivergenceBench> divergence;
  for (const Shape& shape : shapes) divergence.emplace_back(libraries, shape, options);
  FinetuneBench finetune(libraries, options);
  Progress progress(line.global.quiet);
  for (Index round = 1; round <= options.rounds; ++round) {
    for (auto& bench : divergence) bench.round();
    finetune.round();
    progress.line(fmt::format("round {} of {}", round, options.rounds));
  }

  if (!line.global.json) {
    std::string text = fmt::format("{} threads, {} cases an epoch\n", thread_count(), options.cases);
    for (const auto& bench : divergence) text += bench.text();
    return print(text + finetune.text());
  }
  nlohmann::json report{{"command", "bench"}, {"threads", thread_count()}, {"cases", options.cases}};
  for (const auto& bench : divergence) report["shapes"].push_back(bench.json());
  // The first shape's figures stand at the top too.
  for (const char* name : {"product_gflops", "cd_epoch_seconds", "cd_gflops", "cd_share"})
    report[name] = report["shapes"][0][name];
  const nlohmann::json tuned = finetune.json();
  report["finetune"] = tuned;
  report["finetune_gflops"] = tuned["finetune_gflops"];
  report["finetune_share"] = tuned["finetune_share"];
  print_json(report);
}
