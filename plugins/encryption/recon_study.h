#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::encryption {

/// `encryption.reconstruct`
std::unique_ptr<engine::Study> makeReconStudy();

} // namespace assay::encryption
