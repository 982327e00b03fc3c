#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::backdoor {

/// `backdoor.robust-training`: a student that learns on variations of poisoned images from a teacher that
/// learned on the images themselves (Struppek et al. 2023). See docs/studies/backdoor.robust-training.md.
std::unique_ptr<engine::Study> makeRobustStudy();

} // namespace assay::backdoor
