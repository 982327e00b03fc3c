#pragma once

#include "backend/engine/study.h"

#include <memory>

namespace noise_example {

/// `example.noise-floor`: accuracy under random signs and under an attack, over eps.
std::unique_ptr<assay::engine::Study> makeNoiseFloorStudy();

} // namespace noise_example
