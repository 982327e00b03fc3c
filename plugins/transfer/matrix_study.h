#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::transfer {

/// `transfer.matrix`: which attack transfers from which model to which. See docs/studies/transfer.matrix.md.
std::unique_ptr<engine::Study> makeMatrixStudy();

} // namespace assay::transfer
