#pragma once
// Cases as files for people and for NumPy: what sample, reconstruct and inspect write.

#include <string>

#include <dbn/core/option.hpp>
#include <dbn/core/types.hpp>
#include <dbn/io/image_grid.hpp>
#include <dbn/pretrain/stack.hpp>

enum class OutputFormat { npy, png };

/// What the extension of --out asks for; InvalidArgument for another one.
OutputFormat output_format(const std::string& out);

/// --width, by which a list of features becomes a picture.
dbn::OptionField width_field(dbn::Index* width);

/// Images of so many features: `width` pixels wide, or square for 0. InvalidArgument when that cannot be.
dbn::ImageShape image_shape(dbn::Index features, dbn::Index width);

/// The range of what a stack's first layer may see, black to white; where that has no ends, those of `values`.
dbn::GreyScale grey_scale(const dbn::StackLayer& first, const dbn::ConstMatrixRef& values);
