#pragma once

#include "backend/data/recipes/data_recipe.h"

#include <cstdint>
#include <memory>

namespace assay::data {

/// How many scenes are composed, and which.
struct GarmentScenesSpec
{
    std::int64_t train = 2000; ///< 1 .. 100000
    std::int64_t test = 400;   ///< likewise
    std::uint64_t seed = 1;
};

/// "garment-scenes": composites of Fashion-MNIST items with exact boxes, 96x96 in grey: the small stand-in
/// for infrared pictures of persons. One or two garments of 24 to 43 pixels height (tops, trousers, dresses,
/// coats: classes 0-4 and 6) are the targets, "garment"; up to two shoes or bags are there to be mistaken for
/// them. They lie on a smooth random background (6x6 values in 0 .. 0.35, interpolated) under noise. A box is
/// exactly the item's own extent; what lies over it later covers at most 15 % of it. Training scenes hold
/// training items only, test scenes test items only. A scene depends on seed, split and number alone, so that
/// fewer scenes are the first of more.
DataRecipe garmentScenesRecipe();

/// The same from Fashion-MNIST as it is installed. Labels are all 0: one class, "scene".
/// @param fashion grey 28x28 images of its ten classes. @throws Error for another set or counts out of range;
/// whatever the hooks throw.
DrawnSet drawGarmentScenes(const Dataset& fashion, const GarmentScenesSpec& spec,
                           const BuildHooks& hooks = {});

/// A data set of them in memory, named "garment-scenes", for tests and studies that want their own number.
std::shared_ptr<const Dataset> garmentScenes(const Dataset& fashion, const GarmentScenesSpec& spec);

/// "fashion-scenes": one to three items of Fashion-MNIST of all its classes, 18 to 34 pixels on their larger
/// side, on 64x64 scenes made in the same way, with boxes of four categories: top (T-shirt, pullover, coat,
/// shirt), trousers-dress, shoe (sandal, sneaker, boot), bag. 3,000 and 500 scenes.
DataRecipe fashionScenesRecipe();
DrawnSet drawFashionScenes(const Dataset& fashion, const GarmentScenesSpec& spec,
                           const BuildHooks& hooks = {});
std::shared_ptr<const Dataset> fashionScenes(const Dataset& fashion, const GarmentScenesSpec& spec);

} // namespace assay::data
