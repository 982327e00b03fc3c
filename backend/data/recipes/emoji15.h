#pragma once

#include "backend/data/recipes/data_recipe.h"

namespace assay::data {

/// What a build must give; counted once, checked at every build.
inline constexpr std::int64_t kEmojiTrain = 4246;
inline constexpr std::int64_t kEmojiTest = 994;

/// "emoji15": 15 classes of things, each drawn in six styles, 32x32 in colour: a graded natural shift without
/// artificial corruption. The freely licensed styles of the sources only.
DataRecipe emoji15Recipe();

} // namespace assay::data
