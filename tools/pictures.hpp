#pragma once
// Cases as pictures for people: what sample, reconstruct and inspect write.

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/io/image_grid.hpp>
#include <dbn/nn/loss.hpp>
#include <dbn/pretrain/stack.hpp>

/// --width, by which a list of features becomes a picture.
dbn::OptionField width_field(dbn::Index* width);

/// Images of so many features: `width` pixels wide, or square for 0. InvalidArgument when that cannot be.
dbn::ImageShape image_shape(dbn::Index features, dbn::Index width);

/// What a net trained by this loss gives back.
dbn::ValueRange value_range(const dbn::Loss& loss);

/// That range, black to white; where it has an end missing, that of `values`.
dbn::GreyScale grey_scale(const dbn::ValueRange& range, const dbn::ConstMatrixRef& values);
