#pragma once

#include "backend/data/recipes/data_recipe.h"

#include <filesystem>

namespace assay::engine {

/// Opens CenterNet as npm's @vladmandic/human brings it (models/centernet.json, 80 classes of COCO, images of
/// 512x512), to label the frames of a data recipe with. Boxes overlap by at most a half; those of a score
/// below 0.1 are left out. Computes on the CPU, always with the same result.
/// @throws Error when the file is not that network.
data::FindPersons openPersonFinder(const std::filesystem::path& graph);

} // namespace assay::engine
