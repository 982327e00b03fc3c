#pragma once

#include "backend/data/recipes/data_recipe.h"

namespace assay::data {

/// "pedestrians": frames of a street seen by a camera that stands still, 512x512, grey in three equal
/// channels, with boxes of persons. The boxes are pseudo-labels: nobody drew them.
DataRecipe pedestriansRecipe();

/// The seen frames of a static camera without what moves: the median of every pixel.
/// @param frames uint8 [N,H,W]. @returns uint8 [H,W].
torch::Tensor stillBackground(const torch::Tensor& frames);

/// Where @p frame differs from the background, without specks: bool [H,W]. Both uint8 [H,W].
torch::Tensor movingPixels(const torch::Tensor& frame, const torch::Tensor& background);

/// The boxes of one frame that are kept: those of a sufficient score of which enough moves.
/// @param found in any order. @param moving bool [H,W].
std::vector<ScoredBox> likelyPersons(std::vector<ScoredBox> found, const torch::Tensor& moving);

/// Adds to each frame the mean of two boxes that match each other in the frames before and after it where it
/// has none itself: a person does not vanish for a moment.
void fillGaps(std::vector<std::vector<ScoredBox>>& frames);

} // namespace assay::data
