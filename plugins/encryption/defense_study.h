#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace assay::encryption {

/// `encryption.key-defense`: secret embeddings against adversarial examples. See
/// docs/studies/encryption.key-defense.md.
std::unique_ptr<engine::Study> makeKeyDefenseStudy();

} // namespace assay::encryption
