#pragma once

#include "backend/data/recipes/data_recipe.h"

#include <cstdint>
#include <memory>

namespace assay::data {

/// How many images are tinted, and which.
struct TintedFashionSpec
{
    std::int64_t train = 10000; ///< 1 .. 30000: a garment group has no more items of its own
    std::int64_t test = 2000;   ///< 1 .. 5000
    std::uint64_t seed = 1;
};

/// "tinted-fashion": items of Fashion-MNIST in one of four hues of equal luminance, 28x28 in colour. The
/// class is garment and hue: five groups (tops, trousers, dresses, shoes, bags) by four hues make 20 classes,
/// equally frequent; class = 4 group + hue. A pixel of value v becomes v times the hue's colour, whose luma
/// (0.299 R + 0.587 G + 0.114 B) is 1/2 for all four, so that brightness says nothing of the hue. Attributes
/// "garment" and "hue". Every item is used once; training images hold training items, test images test items.
/// An image depends on seed, split and number alone, so that fewer are the first of more.
DataRecipe tintedFashionRecipe();

/// The same from Fashion-MNIST as it is installed. @throws Error for another set or counts out of range;
/// whatever the hooks throw.
DrawnSet drawTintedFashion(const Dataset& fashion, const TintedFashionSpec& spec,
                           const BuildHooks& hooks = {});

/// A data set of them in memory, named "tinted-fashion", for studies that want it without having it built.
std::shared_ptr<const Dataset> tintedFashion(const Dataset& fashion, const TintedFashionSpec& spec);

} // namespace assay::data
