#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::transfer {

/// The study `transfer.class-aware`; see docs/studies/transfer.class-aware.md.
std::unique_ptr<engine::Study> makeClassAwareStudy();

} // namespace assay::transfer
