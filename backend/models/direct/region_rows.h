#pragma once

#include "backend/models/local_changes.h"
#include "backend/models/model.h"

namespace assay::models::direct {

/// Calls body(first, count) for the rows of @p region in every plane of an image, [C,H,W] numbers.
template <class Body>
void forEachRow(const InputSpec& input, const Region& region, Body body)
{
    for (std::int64_t c = 0; c < input.channels; ++c)
        for (std::int64_t y = region.top; y < region.bottom; ++y)
            body((c * input.height + y) * input.width + region.left, region.right - region.left);
}

} // namespace assay::models::direct
