#pragma once

#include <cstdint>
#include <functional>

namespace assay::encryption {

/// Calls @p work(image, first, last) until every unit [0, units) of every image [0, images) was covered once,
/// on LibTorch's threads for this one; large images are cut into parts unless @p whole. The exception of one
/// of the calls that threw is thrown on after all ended. @param valuesPerUnit how much work a unit is.
void forEachPart(std::int64_t images, std::int64_t units, std::int64_t valuesPerUnit, bool whole,
                 const std::function<void(std::int64_t image, std::int64_t first, std::int64_t last)>& work);

} // namespace assay::encryption
