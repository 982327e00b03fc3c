#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::inspection {

/// `models.difference`: what two models of one architecture differ in. See docs/studies/models.difference.md.
std::unique_ptr<engine::Study> makeDifferenceStudy();

} // namespace assay::inspection
