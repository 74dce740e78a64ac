#pragma once
// Ways to the gradient of an RBM's log-likelihood, and their options. To add one: a row in estimators(), and its part
// of the loop in contrastive_divergence.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/rbm/rbm.hpp>

namespace dbn {

/// One way to a gradient.
struct Estimator {
  std::string name;
  std::string source;
  bool persistent;         ///< chains go on from the last update, instead of from the data
  std::string statistics;  ///< the rule when none is asked for
};

/// cd [Hinton 2002]; pcd [Tieleman 2008]; fpcd: pcd whose chains are driven by fast weights as well [Tieleman & Hinton
/// 2009]; pt: pcd with tempered replicas of each chain [Desjardins et al. 2010]; mean-field: cd without any draw
/// [Welling & Hinton 2002]; exact: all states of the smaller layer, for small models.
const std::vector<Estimator>& estimators();
const Estimator& estimator(std::string_view name);
std::vector<std::string> estimator_names();

/// What is a sample and what a probability, phase by phase. Hidden states that drive a reconstruction are samples in
/// every rule; mean-field drives by probabilities, and its rule is its own.
struct StatisticsRule {
  bool sample_positive = false;  ///< hidden units beside the data
  bool sample_visible = false;   ///< reconstructed visible units, which drive the hidden ones again
  bool sample_negative = false;  ///< hidden units beside the reconstruction

  /// A preset, or three words `mean` or `sample` for the fields in their order, such as `mean,sample,mean`. Presets:
  /// hinton2010: mean,mean,mean [Hinton 2012 §3]; pcd, theano and sklearn: mean,sample,mean (chains must follow the
  /// model; the deep learning tutorial's and scikit-learn's code do the same). InvalidArgument for other texts.
  static StatisticsRule parse(std::string_view text);
};

/// Of an RBM whose options name none.
inline constexpr double kSparsityCost = 0.01;

/// How gradients are estimated.
struct ContrastiveDivergenceOptions {
  std::string estimator = "cd";     ///< row of estimators()
  Index cd_k = 1;                   ///< most Gibbs steps an update [Hinton 2002: 1]
  Index chains = 100;               ///< of persistent estimators, whatever the batch [Tieleman 2008]
  std::string statistics = "auto";  ///< StatisticsRule as text; auto: the estimator's own
  Index replicas = 10;              ///< pt: temperatures of each chain, from 0 to 1 [Desjardins et al. 2010]
  double fast_rate = 0.01;          ///< fpcd: rate of the fast weights [Tieleman & Hinton 2009: that of the weights]
  double fast_decay = 0.95;         ///< fpcd: what remains of them after an update [Tieleman & Hinton 2009: 19/20]
  bool centered = false;            ///< subtract offsets of both layers in the gradient [Melchior et al. 2016]
  double offset_rate = 0.01;        ///< of the offsets' running means [Melchior et al. 2016: 0.01]
  double sparsity_target = 0;       ///< mean activity that hidden units are pulled to; 0: none [Hinton 2012 §11]
  std::optional<double> sparsity_cost = {};  ///< strength of that pull; none: kSparsityCost
  double sparsity_decay = 0.95;              ///< of the running mean activity [Hinton 2012: 0.9 to 0.99]
  double dropout = 0;  ///< share of the hidden units that is left out, case by case [Srivastava et al. 2014 §8]

  /// All but cd_k, which training schedules.
  OptionFields fields();
};

/// Throws InvalidArgument for options out of range, or that do not suit the units of `rbm`.
void check_estimator(const Rbm& rbm, const ContrastiveDivergenceOptions& options);

}  // namespace dbn
