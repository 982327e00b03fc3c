#pragma once

#include "widgets/canvas/canvas_scene.h"

#include <QRgb>

#include <array>

namespace assay::widgets {

/// 256 colours of a map, as textures and tables hold them.
using ColourTable = std::array<QRgb, 256>;
ColourTable colourTable(ColourMap map, bool onDark);

/// How the values of a pane's images become colours. The fragment shader computes the same
/// (canvas_shaders.cpp); a test holds the two together.
struct PixelShade
{
    enum class Kind { Plain = 0, Mapped = 1, Difference = 2, SignedDifference = 3, MappedDifference = 4 };

    Kind kind = Kind::Plain;
    ColourMap map = ColourMap::Sequential; ///< for the kinds that need one
    float gain = 1;

    /// @param compare, look what the user chose; @p difference whether the pane shows one.
    PixelShade(const CompareSettings& compare, const CanvasLook& look, bool difference);
    bool isDifference() const { return kind >= Kind::Difference; }
    /// Differences are not mixed between pixels: amplified, the rounding of the mixing would show.
    CanvasFilter filter(CanvasFilter chosen) const { return isDifference() ? CanvasFilter::Nearest : chosen; }
    bool isMapped() const { return kind != Kind::Plain && kind != Kind::Difference; }

    /// Straight RGBA, each 0..1, of a pixel's values scaled to 0..1 (grey in all three channels);
    /// @p other: those of the image that is subtracted.
    using Sample = std::array<float, 4>;
    Sample colour(const Sample& value, const Sample& other, const ColourTable& table) const;
};

/// A value of a buffer as a sample: scaled by the image's low() and high(), grey spread to three channels.
PixelShade::Sample sampleOf(const CanvasImage& image, const PixelBuffer& pixels, int x, int y);

} // namespace assay::widgets
