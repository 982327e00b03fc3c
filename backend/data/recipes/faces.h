#pragma once

#include "backend/data/recipes/data_recipe.h"

namespace assay::data {

/// "faces": parametric drawn faces in four styles with exactly known attributes, 64x64 in colour. The class
/// says whether a face has glasses, facial hair, both or neither. Conclusions about photographs do not
/// follow.
DataRecipe facesRecipe();

} // namespace assay::data
