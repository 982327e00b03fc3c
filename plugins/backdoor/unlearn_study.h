#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::backdoor {

/// `backdoor.unlearn`: a backdoor edited out of a model's weights. See docs/studies/backdoor.unlearn.md.
std::unique_ptr<engine::Study> makeUnlearnStudy();

} // namespace assay::backdoor
