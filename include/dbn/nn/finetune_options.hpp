#pragma once
// Options of supervised training.

#include <optional>
#include <string>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/nn/dropout.hpp>
#include <dbn/nn/optimizer.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/nn/targets.hpp>
#include <dbn/nn/task.hpp>

namespace dbn {

/// How a net is trained, whatever its weights start from.
struct FinetuneOptions {
  std::string task = "classification";
  std::string loss = {};           ///< empty: what the task recommends
  std::string optimizer = "adam";  ///< [Kingma & Ba 2015]
  Index epochs = 30;
  Index min_updates = 0;  ///< more epochs, when that many are needed to reach so many updates or line searches
  std::optional<Index> batch = {};  ///< cases; none: 100, with line searches 1000 [Hinton & Salakhutdinov 2006]
  std::optional<double> learning_rate = {};  ///< none: what the optimizer recommends
  ScheduleOptions schedule = {};
  std::string momentum = "0.5:5,0.9";
  OptimizerSettings settings = {};

  std::optional<double> weight_cost = {};  ///< L2, on weights; none: what the optimizer recommends
  double max_norm = 0;                     ///< of the weights into a unit [Srivastava et al. 2014]; 0: any
  double clip_norm = 0;                    ///< of the whole gradient [Pascanu et al. 2013]; 0: any
  std::vector<double> dropout{0};          ///< share of each hidden layer's units that is left out, in [0, 1)
  double input_dropout = 0;                ///< the same for features
  ClassTargetOptions classes = {};

  std::vector<double> layer_rates{1};  ///< factor on the learning rate of each layer, the output layer last
  Index freeze = 0;                    ///< so many lowest layers stay as they are
  Index head_epochs = 0;               ///< first epochs that train the output layer alone [Hinton & Salakhutdinov 2006]
  double average_decay = 0;  ///< of a running mean of weights, which becomes the net [Polyak & Juditsky 1992]; 0: none
  Index looks = 0;           ///< at the validation cases, evenly over the epochs; 0: after every one
  Index patience = 0;        ///< epochs without a better validation error before stopping; 0: never stop early
  std::string on_divergence = "stop";  ///< or retry: from the last epoch's end at a smaller rate, at most five times

  OptionFields fields();
  /// Throws InvalidArgument that names the first bad field.
  void validate() const;
  /// The same for a net with so many layers, the output layer included: lists that fit, layers left to train.
  void validate_for(std::size_t layers) const;
};

/// Line searches on each batch; 0 for an optimizer that makes none.
Index line_searches(const FinetuneOptions& options);

/// What the options minimise.
const Loss& loss_of(const FinetuneOptions& options);

/// Cases of a batch, of so many in all.
Index batch_size(const FinetuneOptions& options, Index cases);

/// Epochs that the options lead to for so many cases.
Index epoch_count(const FinetuneOptions& options, Index cases);

/// How often the validation cases are looked at in so many epochs: after each where patience or a schedule needs it.
Index look_count(const FinetuneOptions& options, Index epochs);
/// Whether they are after this epoch, from 1, of so many. They always are after the last.
bool looks_after(const FinetuneOptions& options, Index epoch, Index epochs);

/// The dropout of a net with so many layers.
Dropout dropout_of(const FinetuneOptions& options, std::size_t layers, std::uint64_t seed);

}  // namespace dbn
