#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::backdoor {

/// `backdoor.plant`: a backdoor is designed and planted. See docs/studies/backdoor.plant.md.
std::unique_ptr<engine::Study> makePlantStudy();

} // namespace assay::backdoor
