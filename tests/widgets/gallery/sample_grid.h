#pragma once

#include "backend/protocol/image_grid.h"

#include <cstddef>
#include <memory>

namespace assay::test {

/// @p count pictures of @p side pixels with clean, perturbation and adversarial variants and four attributes:
/// label, source, target and outcome (with roles). Ids are 1000, 1001, ...; made without randomness.
std::shared_ptr<const protocol::ImageGrid> sampleGrid(std::size_t count, std::uint32_t side = 28,
                                                      std::uint32_t channels = 1);

} // namespace assay::test
