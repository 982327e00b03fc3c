#pragma once

#include "backend/models/detection/detector.h"
#include "plugins/patches/pod_scenes.h"

#include <cstdint>
#include <memory>

namespace assay::test {

/// A detector that needs no training: it finds objects of 16 x 16 pixels around the middles of bright cells
/// of 8 x 8 pixels, the surer the brighter.
std::shared_ptr<const models::Detector> brightDetector();

/// Scenes of 64 x 64 pixels, black but for one bright square of 16 x 16 that it finds, each elsewhere.
patches::pod::Scenes brightScenes(std::int64_t count);

/// The square of scene @p index.
data::Box brightBox(std::int64_t index);

} // namespace assay::test
