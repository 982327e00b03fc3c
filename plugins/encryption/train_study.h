#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::encryption {

/// `encryption.train`: classifiers learn on encrypted images. See docs/studies/encryption.train.md.
std::unique_ptr<engine::Study> makeTrainStudy();

} // namespace assay::encryption
