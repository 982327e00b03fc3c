#pragma once

#include "backend/protocol/image_grid.h"

namespace assay::widgets {

/// Whether @p more may follow @p grid in one gallery: same size, channels and variants.
bool canJoin(const protocol::ImageGrid& grid, const protocol::ImageGrid& more);

/// @p more 's images behind those of @p grid; title, caption and section stay those of @p grid.
/// Attributes are matched by name and their codes translated into one dictionary; an image whose part does
/// not know an attribute gets code -1. Both pixel buffers must be complete.
protocol::ImageGrid joined(const protocol::ImageGrid& grid, const protocol::ImageGrid& more);

} // namespace assay::widgets
