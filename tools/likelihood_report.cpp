#include "likelihood_report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dbn/rbm/exact_likelihood.hpp>

using namespace dbn;

namespace {

constexpr double kDoubt = 1;  // nats between both ways of annealing that deserve a note

std::string limit_text(double nats) { return std::isfinite(nats) ? fmt::format("{:.3f}", nats) : "any number"; }

}  // namespace

double LikelihoodReport::least() const {
  return means.unnormalized - std::max(log_partition.forward.most, log_partition.reverse.most);
}

double LikelihoodReport::most() const {
  return means.unnormalized - std::min(log_partition.forward.least, log_partition.reverse.least);
}

nlohmann::json as_json(const LikelihoodReport& report, std::uint64_t seed) {
  const auto& [forward, reverse] = report.log_partition;
  const auto estimated = [&](double value) { return report.exact ? nlohmann::json() : nlohmann::json(value); };
  const auto& pseudo = report.means.pseudo_likelihood;
  return {{"command", "likelihood"},
          {"seed", seed},
          {"data", report.data},
          {"train_cases", report.train_cases},
          {"cases", report.cases},
          {"layer", report.layer},
          {"bound", report.whole},
          {"log_partition", forward.log_partition},
          {"standard_error", forward.standard_error},
          {"effective_sample_size", estimated(forward.effective_sample_size)},
          {"reverse_log_partition", estimated(reverse.log_partition)},
          {"reverse_standard_error", estimated(reverse.standard_error)},
          {"exact", report.exact},
          {"mean_log_likelihood", report.mean()},
          {"interval", {report.least(), report.most()}},
          {"pseudo_likelihood", pseudo ? nlohmann::json(*pseudo) : nlohmann::json()},
          {"seconds", report.seconds}};
}

std::string as_text(const LikelihoodReport& report) {
  const auto& [forward, reverse] = report.log_partition;
  const Rbm& rbm = report.rbm;
  std::string text = fmt::format("cases              {} of {}\n", report.cases, report.data);
  text += report.whole ? fmt::format("model              deep belief net of {} RBMs, of which log Z is the top one's\n",
                                     report.layer)
                       : fmt::format("model              RBM of layer {}\n", report.layer);
  text += fmt::format("units              {} {} visible, {} {} hidden\n", rbm.visible_count(), rbm.visible->name(),
                      rbm.hidden_count(), rbm.hidden->name());
  if (report.exact)
    text += fmt::format("log Z              {:.3f} nats, summed over {:.0f} states\n", forward.log_partition,
                        exact_state_count(rbm));
  else
    text += fmt::format(
        "log Z, annealed    {:.3f} nats, standard error {:.3f} (errs to the small side)\n"
        "log Z, way back    {:.3f} nats, standard error {:.3f} (errs to the large side)\n",
        forward.log_partition, forward.standard_error, reverse.log_partition, reverse.standard_error);
  text +=
      fmt::format("{}{:.3f} nats a case", report.whole ? "log p(v) at least  " : "log p(v)           ", report.mean());
  if (!report.exact)
    text +=
        fmt::format(", from {} to {} as far as log Z is known", limit_text(report.least()), limit_text(report.most()));
  text += "\n";
  if (const auto& pseudo = report.means.pseudo_likelihood)
    text += fmt::format("pseudo-likelihood  {:.3f} nats a case\n", *pseudo);
  return text;
}

std::vector<std::string> doubts(const LikelihoodReport& report) {
  const auto& [forward, reverse] = report.log_partition;
  std::vector<std::string> lines;
  const double apart = std::abs(forward.log_partition - reverse.log_partition);
  if (!report.exact && apart > kDoubt)
    lines.push_back(fmt::format(
        "both ways of annealing differ by {:.1f} nats: the model's log Z is not known better than that; try "
        "smaller steps in --betas, more --chains or --reverse-steps",
        apart));
  if (report.means.grey)
    lines.push_back(
        fmt::format("{} units have two states, but the cases hold values in between, of which log p(v) is no "
                    "probability; see --binarize of dbn pretrain",
                    report.rbm.visible->name()));
  return lines;
}
