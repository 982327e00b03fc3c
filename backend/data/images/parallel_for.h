#pragma once

#include <cstdint>
#include <functional>

namespace assay::data {

/// Calls @p work(i) for i = 0 .. count-1 from as many threads as there are cores (fewer for small counts),
/// each i once. Returns when all are done. When calls throw, the rest is abandoned and the exception of the
/// lowest i seen is thrown on.
void parallelFor(std::int64_t count, const std::function<void(std::int64_t)>& work);

} // namespace assay::data
