#pragma once
// Options of greedy layer-wise pretraining, for a whole stack and for one of its layers.

#include <cstdint>
#include <string>
#include <vector>

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/nn/optimizer.hpp>
#include <dbn/nn/schedule.hpp>
#include <dbn/rbm/contrastive_divergence.hpp>

namespace dbn {

/// Options of a stack. A list has one value for each layer, or one value that serves all. Defaults follow Hinton 2012
/// where no other source is named.
struct PretrainOptions {
  std::vector<Index> layers{500, 500, 2000};   ///< hidden units [Hinton, Osindero & Teh 2006]
  std::vector<std::string> pretrainer{"rbm"};  ///< row of pretrainers()
  std::string visible = "auto";  ///< unit type of the data, or several: see unit_type(); auto: see visible_units(),
                                 ///< bernoulli where nothing is known of columns
  std::vector<std::string> hidden{"bernoulli"};  ///< unit type of an RBM's hidden layer
  ContrastiveDivergenceOptions divergence;       ///< of an RBM's gradient; cd_k is the largest of the schedule
  std::string cd_k = "1";                        ///< Gibbs steps an update, as value:epochs,... [Hinton 2002]
  std::string rbm_corruption = "none";           ///< noise on the data that the chains of cd start from
  std::string visible_bias = "data";        ///< where an RBM's visible biases start: data [Hinton 2012 §8] or zero
  std::string activation = "sigmoid";       ///< of an autoencoder's codes
  std::string loss = "cross-entropy";       ///< of an autoencoder
  std::string corruption = "masking:0.25";  ///< of a denoising layer [Vincent et al. 2010]
  double emphasis = 0;       ///< of a denoising layer: features that the noise left alone count 1 - emphasis [the same]
  double contraction = 0.1;  ///< of a contractive layer: cost on the squared slopes of its codes [Rifai et al. 2011]
  double code_l1 = 0;        ///< of a sparse layer: cost on |code|; its other costs are sparsity_* of `divergence`
  bool untied = false;       ///< autoencoder with a decoder of its own
  Index tied_epochs = 0;     ///< with `untied`: so many first epochs train both as one
  std::string optimizer = "momentum";  ///< of an autoencoder; an RBM is trained by momentum
  OptimizerSettings settings = {};     ///< of that optimizer
  std::vector<Index> epochs{15};
  Index batch = 100;
  std::vector<double> learning_rate;                ///< empty: what the pretrainer and its units recommend
  ScheduleOptions schedule = {.name = "constant"};  ///< course of the learning rate over a layer
  std::string momentum = "0.5:5,0.9";               ///< value:epochs,...
  std::vector<double> weight_cost{2e-4};
  double l1_cost = 0;    ///< cost on the size of an RBM's weights [Hinton 2012 §10.1]
  double max_norm = 0;   ///< longest vector of weights into a unit; 0: any [Srivastava et al. 2014]
  double clip_norm = 0;  ///< longest gradient; 0: any
  Index patience = 0;    ///< epochs in a row that widen the free-energy gap before a layer stops; 0: never
  std::string on_divergence = "stop";  ///< or retry: from the last epoch's end at a smaller rate, at most five times

  OptionFields fields();
  /// Throws InvalidArgument that names the first bad field.
  void validate() const;
};

/// The options of one layer, lists resolved.
struct LayerOptions {
  std::uint32_t layer = 0;  ///< from 0; tells the streams of draws apart
  Index visible_count = 0;
  Index hidden_count = 0;
  std::string pretrainer, visible, hidden, activation, loss, corruption;
  ContrastiveDivergenceOptions divergence = {};
  std::string cd_k = "1";
  std::string rbm_corruption = "none";
  std::string visible_bias = "data";
  double emphasis = 0;
  double contraction = 0;
  double code_l1 = 0;
  bool untied = false;
  Index tied_epochs = 0;
  std::string optimizer = "momentum";
  OptimizerSettings settings = {};
  Index epochs = 15;
  Index batch = 100;
  double learning_rate = 0;
  ScheduleOptions schedule = {.name = "constant"};
  std::string momentum;
  double weight_cost = 0;
  double l1_cost = 0;
  double max_norm = 0;
  double clip_norm = 0;
  Index patience = 0;
};

/// Options of layer `layer` over `visible_count` inputs. The units of a layer above the first are those below it: its
/// visible type is the hidden type of the RBM below where data can be of that type, gaussian where not; above an
/// autoencoder bernoulli for codes by sigmoid or hard-sigmoid, gaussian for others. Throws InvalidArgument where the
/// layer's kind cannot be trained so.
LayerOptions layer_options(const PretrainOptions& options, std::size_t layer, Index visible_count);

}  // namespace dbn
