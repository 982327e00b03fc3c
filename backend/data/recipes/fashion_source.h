#pragma once

#include "backend/data/recipes/data_recipe.h"

#include <memory>

namespace assay::data {

// What recipes share that make their images of Fashion-MNIST.

/// Debian's package of it, unpacked and not installed.
SourcePackage fashionPackage();
/// @throws Error when the files are not there.
std::shared_ptr<const Dataset> openFashionPackage(const BuildFolders& folders);
/// @throws Error unless @p set has grey 28x28 images of ten classes.
void requireFashion(const Dataset& set, const char* purpose);

/// A drawn set in memory. @param info counts and sizes are filled in.
std::shared_ptr<const Dataset> residentSet(const DatasetInfo& info, const DrawnSet& set);

} // namespace assay::data
