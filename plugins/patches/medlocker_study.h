#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::medlocker {

/// `patches.medlocker`: Wei, Pu, Zhao, Chen, Fu: Preventing Unauthorized AI Over-Analysis by Medical Image
/// Adversarial Watermarking (MedLocker, MIAD-MARK), arXiv 2303.09858.
std::unique_ptr<engine::Study> makeMedlockerStudy();

} // namespace assay::medlocker
