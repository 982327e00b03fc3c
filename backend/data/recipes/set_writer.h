#pragma once

#include "backend/data/recipes/data_recipe.h"

namespace assay::data {

/// Writes a drawn set to the new folder @p folder: data.npz (images [N,H,W,C], labels, split, names,
/// captions, one array of texts per attribute), card.json for the catalogue and manifest.json (packages with
/// their hashes, the split rule, counts per class and attribute value). @throws Error when something cannot
/// be written.
void writeSet(const DataRecipe& recipe, const DrawnSet& set, const std::filesystem::path& folder);

} // namespace assay::data
