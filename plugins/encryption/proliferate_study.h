#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::encryption {

/// `encryption.proliferate`: a keyed model for every device. See docs/studies/encryption.proliferate.md.
std::unique_ptr<engine::Study> makeProliferateStudy();

} // namespace assay::encryption
