#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::transfer {

/// `transfer.patchwise-mask`: learned masks for transfer. See docs/studies/transfer.patchwise-mask.md.
std::unique_ptr<engine::Study> makePatchStudy();

} // namespace assay::transfer
