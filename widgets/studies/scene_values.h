#pragma once

#include "backend/protocol/json.h"
#include "backend/protocol/scene.h"
#include "backend/protocol/schema.h"
#include "widgets/canvas/canvas_types.h"
#include "widgets/canvas/placed_rect.h"

#include <QImage>
#include <QVector>

#include <memory>
#include <vector>

namespace assay::widgets {

// A protocol::Scene in the values of the canvas, and places on the canvas in those of a study. Pixels are
// shared with the scene where the formats allow it.

using SharedScene = std::shared_ptr<const protocol::Scene>;

/// Picture @p index of the scene.
QImage pictureOf(const SharedScene& scene, std::size_t index);
QVector<CanvasImage> canvasImages(const SharedScene& scene);
QVector<CanvasBox> canvasBoxes(const protocol::Scene& scene);
/// Maps without extent between their ends (low >= high) are left out: nothing can be told apart in them.
QVector<HeatMap> canvasMaps(const protocol::Scene& scene);
/// Null without a mask.
QImage maskOf(const SharedScene& scene);
/// RGBA, null without a patch.
QImage patchOf(const SharedScene& scene);
PlacedRect placeOf(const protocol::ScenePatch& patch);

/// What of the patch can be set through @p live, the live fields of the study, and how far.
PlaceFreedom freedomOf(const protocol::Scene& scene, const std::vector<protocol::Field>& live);

/// The live parameters that put the patch at @p place: those that the scene names and @p live has. Fractions
/// are rounded to 1e-4 and degrees to a tenth, which is less than a pixel.
Json paramsOf(const PlacedRect& place, const protocol::Scene& scene,
              const std::vector<protocol::Field>& live);

} // namespace assay::widgets
