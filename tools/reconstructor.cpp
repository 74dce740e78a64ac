#include "reconstructor.hpp"

#include <utility>

#include <fmt/format.h>

#include <dbn/core/error.hpp>
#include <dbn/nn/deep_autoencoder.hpp>
#include <dbn/nn/task.hpp>
#include <dbn/rbm/gibbs.hpp>

#include "cut_stack.hpp"

using namespace dbn;

namespace {

Reconstructor stack_reconstructor(Stack stack, const std::string& path, const ReconstructorChoice& choice) {
  const Index layer = choice.layer.value_or(std::ssize(stack.layers));
  CutStack cut = cut_stack(std::move(stack), layer);
  if (choice.gibbs > 0) cut.rbm(path, "--gibbs");
  const ValueRange range = visible_range(cut.first());
  CaseMap map{.layer = layer, .sizes = mirrored(cut.sizes()), .apply = {}};
  map.apply = [cut = std::move(cut), steps = choice.gibbs, seed = choice.seed](const Matrix& data, Index first) {
    const Matrix seen = cut.up(data);
    if (steps == 0) return cut.down(reconstruct(cut.layer, seen), &data);
    return cut.down(reconstruct(std::get<Rbm>(cut.layer), seen, steps, seed, first), &data);
  };
  return {std::move(map), range};
}

Reconstructor model_reconstructor(ModelFile model, const std::string& path, const ReconstructorChoice& choice) {
  if (task(model.task).outputs != Outputs::inputs)
    throw DataError(
        fmt::format("{}: expected a stack or an autoencoder, which give back cases, found a model for {}; try dbn "
                    "predict, or train one by dbn finetune --task autoencoder",
                    path, model.task));
  if (choice.layer || choice.gibbs > 0)
    throw InvalidArgument(fmt::format(
        "{}: expected a stack, found the autoencoder {}, through which cases go as a whole and by means; leave it out",
        choice.layer ? "--layer" : "--gibbs", path));
  const Loss& trained_by = loss(model.loss);
  CaseMap map{.layer = std::ssize(model.net.layers) / 2, .sizes = sizes_of(model.net), .apply = {}};
  map.apply = [net = std::move(model.net), &trained_by](const Matrix& data, Index) {
    Matrix back = net.scores(data);
    trained_by.predict(back);
    return back;
  };
  return {std::move(map), value_range(trained_by)};
}

}  // namespace

Reconstructor make_reconstructor(TrainedFile file, const std::string& path, const ReconstructorChoice& choice) {
  if (auto* stack = std::get_if<StackFile>(&file)) return stack_reconstructor(std::move(stack->stack), path, choice);
  return model_reconstructor(std::move(std::get<ModelFile>(file)), path, choice);
}
