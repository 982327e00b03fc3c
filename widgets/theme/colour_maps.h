#pragma once

#include <QColor>

namespace assay::widgets {

enum class ColourMap { Sequential, Diverging };

/// Colour of @p t in [0,1] (clamped; NaN gives a transparent colour). The maps are straight paths of evenly
/// spaced lightness in Oklab (Ottosson 2020), so equal steps of t look equal, also in grey and to
/// colour-blind eyes. Sequential starts near the background and moves away from it over the hues of viridis;
/// diverging goes blue - background - orange. Pure, safe from any thread.
QColor mapColour(ColourMap map, bool onDark, double t);

/// Euclidean distance of two colours in Oklab; about 0.02 is just noticeable.
double oklabDistance(const QColor& a, const QColor& b);
/// Oklab lightness, 0 black to 1 white.
double oklabLightness(const QColor& colour);

} // namespace assay::widgets
