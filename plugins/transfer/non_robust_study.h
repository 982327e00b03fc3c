#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::transfer {

/// The study `transfer.non-robust-features`; see docs/studies/transfer.non-robust-features.md.
std::unique_ptr<engine::Study> makeNonRobustStudy();

} // namespace assay::transfer
