#pragma once

#include "plugins/backdoor/before_after.h"

#include <optional>
#include <string>

namespace assay::backdoor {

// What the parts of the before/after views share.

/// @p count of the numbers 0 .. available - 1, evenly spread; all of them when there are not more. int64.
torch::Tensor evenRows(std::int64_t available, std::int64_t count);

/// int64 [n]: true classes of the judged images.
torch::Tensor judgedLabels(const BeforeAfter& what);

/// Absent without a known backdoor.
std::optional<poisoning::Trigger> triggerFor(const BeforeAfter& what);

} // namespace assay::backdoor
