#pragma once

#include "widgets/theme/theme.h"

#include <QByteArray>
#include <QRectF>
#include <QSizeF>

#include <imgui.h>

namespace assay::widgets {

/// Sizes and colours of a theme for Dear ImGui; sizes grow with the theme's font.
ImGuiStyle instrumentStyle(const Theme& theme);

/// A colour as Dear ImGui's draw lists take it.
ImU32 inkOf(const QColor& colour, double opacity = 1);

/// The place of a floating window after its view was resized: it keeps its distance to the nearer side in
/// each direction and stays inside. All in logical pixels.
QPointF keptPlace(const QRectF& window, const QSizeF& before, const QSizeF& after);

} // namespace assay::widgets
