#include <dbn/nn/training_loop.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/core/math.hpp>
#include <dbn/core/stopwatch.hpp>

namespace dbn {
namespace {

constexpr const char* kRetreat = "retreat.";
constexpr const char* kRetreatPlace = "retreat_place";

/// The share of a run's state that is the learner's.
class LearnerState {
 public:
  explicit LearnerState(Learner& learner) : learner_(learner), parameters_(learner.parameters()) {
    tensors_ = parameters_;
    for (auto& tensor : learner.state()) tensors_.push_back(tensor);
  }

  const TensorList& parameters() const { return parameters_; }
  const TensorList& tensors() const { return tensors_; }
  Numbers numbers() const { return learner_.numbers(); }
  SavedRun copy() const { return SavedRun({.position = {}, .tensors = tensors_, .numbers = numbers()}); }
  void restore(const SavedRun& saved) {
    saved.copy_into(tensors_);
    learner_.take_numbers(saved);
  }

 private:
  Learner& learner_;
  TensorList parameters_;
  TensorList tensors_;
};

/// The parameter that has passed all measure, or null.
const NamedTensor* first_diverged(const TensorList& parameters) {
  const auto at = std::find_if(parameters.begin(), parameters.end(), [](const NamedTensor& tensor) {
    return !(is_weight(tensor) ? all_moderate(tensor.values) : all_finite(tensor.values));
  });
  return at == parameters.end() ? nullptr : &*at;
}

/// The same after every update, at next to no cost: what is no weight, and of weights one column, another each time.
const NamedTensor* first_seen_diverged(const TensorList& parameters, Index update) {
  for (const auto& tensor : parameters) {
    const bool sane =
        is_weight(tensor) ? all_moderate(tensor.values.col(update % tensor.values.cols())) : all_finite(tensor.values);
    if (!sane) return &tensor;
  }
  return nullptr;
}

class TrainingLoop {
 public:
  TrainingLoop(Learner& learner, const LoopOptions& options, RunKeeper* keeper,
               const std::function<void(const std::string&)>& notice)
      : learner_(learner),
        options_(options),
        keeper_(keeper),
        notice_(notice),
        state_(learner),
        batches_((options.cases + options.batch - 1) / options.batch) {}

  void run() {
    if (auto saved = keeper_ != nullptr ? keeper_->take_saved() : std::nullopt) go_on_from(*saved);
    if (options_.retry && retreat_update_ < 0) set_retreat();
    while (!finished()) {
      try {
        train_epoch();
      } catch (const DivergenceError& error) {
        if (!options_.retry || retries_ == kMostRetries) give_up(error);
        try_again(error);
      }
    }
    if (keeper_ != nullptr && kept_ != update_ && keeper_->wants(Moment::run_end)) keep();
  }

 private:
  bool finished() const { return update_ == options_.epochs * batches_ || learner_.satisfied(); }
  Index epoch() const { return update_ / batches_ + 1; }
  double rate() const { return retried_rate(options_.learning_rate, options_.recommended_rate, retries_); }

  void train_epoch() {
    const Index epoch = this->epoch();
    const auto order = permutation(options_.order, static_cast<std::uint32_t>(epoch), options_.cases);
    watch_ = Stopwatch();
    for (Index batch = update_ % batches_; batch < batches_; ++batch) {
      const Index first = batch * options_.batch;
      const Index count = std::min(options_.batch, options_.cases - first);
      const std::span cases(order.data() + first, static_cast<std::size_t>(count));
      loss_ += static_cast<double>(count) * learner_.update({epoch, update_, cases}, rate());
      ++update_;
      if (const auto* tensor = first_seen_diverged(state_.parameters(), update_)) refuse(tensor->name, epoch);
      if (batch + 1 < batches_) between_updates(Moment::within_epoch, epoch);
    }
    end_epoch(epoch);
  }

  void end_epoch(Index epoch) {
    const double seconds = seconds_ + watch_.seconds();  // of training: what is measured on it is no part of it
    const double mean_loss = loss_ / static_cast<double>(options_.cases);
    if (!std::isfinite(mean_loss)) refuse("the loss", epoch);
    if (const auto* tensor = first_diverged(state_.parameters())) refuse(tensor->name, epoch);
    learner_.end_epoch({epoch, mean_loss, rate(), seconds});
    loss_ = seconds_ = 0;
    watch_ = Stopwatch();
    // What a checkpoint could not hold, such as an infinite square of a gradient, no update can mend.
    if (!storable()) refuse("the optimizer's state", epoch);
    if (options_.retry) set_retreat();
    between_updates(Moment::epoch_end, epoch);
  }

  void between_updates(Moment moment, Index epoch) {
    if (keeper_ == nullptr) return;
    const bool stop = keeper_->stop_requested();
    const bool kept = (stop || keeper_->wants(moment)) && (moment == Moment::epoch_end || sane());
    if (kept) keep();
    if (stop)
      throw Interrupted(fmt::format("stopped in epoch {}{}, after update {}{}", epoch, of_layer(), update_,
                                    kept ? "" : ", diverged, so that only an earlier checkpoint can be kept"));
  }

  // Within an epoch a run may be past all measure before it is noticed; the last sound checkpoint then stays.
  bool sane() const { return std::isfinite(loss_) && first_diverged(state_.parameters()) == nullptr && storable(); }
  bool storable() const { return all_finite(RunState{{}, state_.tensors(), state_.numbers()}); }

  void keep() {
    RunState state{
        .position = {options_.stage, options_.layer, std::max<Index>(1, (update_ - 1) / batches_ + 1), update_},
        .tensors = state_.tensors(),
        .numbers = state_.numbers()};
    const bool within = update_ % batches_ != 0;
    state.numbers["loop"] = {static_cast<double>(update_), static_cast<double>(options_.epochs),
                             static_cast<double>(retries_), loss_, within ? seconds_ + watch_.seconds() : 0};
    if (options_.retry) {
      for (auto& [name, values] : retreat_.tensors) state.tensors.push_back(named(kRetreat + name, values));
      for (const auto& [name, values] : retreat_.numbers) state.numbers[kRetreat + name] = values;
      state.numbers[kRetreatPlace] = {static_cast<double>(retreat_update_), retreat_loss_};
    }
    keeper_->keep(state);
    kept_ = update_;
  }

  void go_on_from(const SavedRun& saved) {
    state_.restore(saved);
    const auto count = [&](std::size_t index) { return saved.count("loop", index, 5); };
    const Index epochs = count(1);
    if (options_.epochs < epochs)
      throw InvalidArgument(
          fmt::format("--epochs: may grow when a run is resumed, not shrink: expected at least {}{}, "
                      "found {}",
                      epochs, of_layer(), options_.epochs));
    kept_ = update_ = count(0);
    retries_ = count(2);
    loss_ = saved.list("loop")[3];
    seconds_ = saved.list("loop")[4];
    if ((update_ + batches_ - 1) / batches_ > epochs || retries_ > kMostRetries)
      throw DataError(fmt::format("saved run: update {} of {} epochs and {} retries are no place in a run", update_,
                                  epochs, retries_));
    // A run that was begun without retries has nothing saved to go back to but the checkpoint itself.
    if (options_.retry && saved.numbers.contains(kRetreatPlace)) restore_retreat(saved);
    if (options_.epochs > epochs)
      tell(fmt::format("--epochs grew from {} to {}{}; a schedule over epochs, such as cosine, follows the new number",
                       epochs, options_.epochs, of_layer()));
  }

  void set_retreat() {
    retreat_ = state_.copy();
    retreat_update_ = update_;
    retreat_loss_ = loss_;
  }

  void restore_retreat(const SavedRun& saved) {
    retreat_ = state_.copy();
    retreat_update_ = saved.count(kRetreatPlace, 0, 2);
    retreat_loss_ = saved.list(kRetreatPlace)[1];
    TensorList views;
    for (auto& [name, values] : retreat_.tensors) views.push_back(named(kRetreat + name, values));
    saved.copy_into(views);
    for (auto& [name, values] : retreat_.numbers) values = saved.list(kRetreat + name);
  }

  void try_again(const DivergenceError& error) {
    ++retries_;
    state_.restore(retreat_);
    update_ = retreat_update_;
    loss_ = retreat_loss_;
    seconds_ = 0;
    tell(fmt::format("{}; retry {} of {} from update {}, learning rate {:.4g}", error.what(), retries_, kMostRetries,
                     update_, rate()));
  }

  void tell(const std::string& what) const {
    if (notice_) notice_(what);
  }

  [[noreturn]] void give_up(const DivergenceError& error) const {
    throw DivergenceError(fmt::format("{}; {}", error.what(),
                                      options_.retry
                                          ? fmt::format("gave up after {} retries; try data scaled to [0, 1]", retries_)
                                          : "try a rate ten times smaller, or --on-divergence retry"));
  }

  std::string of_layer() const { return options_.layer > 0 ? fmt::format(" of layer {}", options_.layer) : ""; }

  [[noreturn]] void refuse(const std::string& what, Index epoch) const {
    throw DivergenceError(fmt::format(
        "{}{} diverged in epoch {} (update {}): {} is beyond all measure, learning rate "
        "{:.4g}",
        options_.stage == "pretrain" ? "pretraining" : "fine-tuning", of_layer(), epoch, update_, what, rate()));
  }

  Learner& learner_;
  const LoopOptions& options_;
  RunKeeper* keeper_;
  const std::function<void(const std::string&)>& notice_;
  LearnerState state_;
  Index batches_;     ///< an epoch
  Index update_ = 0;  ///< updates that are done
  Index kept_ = -1;   ///< the update after which the state was kept last
  Index retries_ = 0;
  double loss_ = 0;     ///< of this epoch's cases so far
  double seconds_ = 0;  ///< of this epoch before the run was resumed
  Stopwatch watch_;
  SavedRun retreat_;           ///< with retry: the learner as it was when the last epoch ended
  Index retreat_update_ = -1;  ///< where that was; before there is one, -1
  double retreat_loss_ = 0;
};

}  // namespace

double retried_rate(double rate, double recommended, Index retries) {
  for (Index k = 1; k <= retries; ++k)
    rate = std::min(rate / 2, std::exp2(static_cast<double>(kMostRetries - k)) * recommended);
  return rate;
}

OptionField on_divergence_field(std::string* value) {
  return {.name = "on-divergence",
          .value = value,
          .help = fmt::format("stop with an error, or retry from the end of the last epoch: each retry halves the "
                              "learning rate, at most {} times, down to the recommended rate or lower",
                              kMostRetries),
          .choices = {"stop", "retry"}};
}

void train(Learner& learner, const LoopOptions& options, RunKeeper* keeper,
           const std::function<void(const std::string&)>& notice) {
  TrainingLoop(learner, options, keeper, notice).run();
}

}  // namespace dbn
