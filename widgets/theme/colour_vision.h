#pragma once

#include <QColor>
#include <QImage>

namespace assay::widgets {

/// Whose eyes, or whose printer, a figure is looked at with.
enum class ColourVision {
    Normal,
    Deutan, ///< no cones for middle wavelengths: one man in a hundred; weaker forms one in twenty
    Protan, ///< no cones for long wavelengths
    Grey,   ///< printed or copied in grey
};

/// The image as it looks then. Deutan and protan: the matrices of severity 1.0 of Machado, Oliveira &
/// Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency", table 1,
/// applied to linear RGB as the paper asks, results outside the screen's colours clipped. Grey: the luminance
/// of sRGB (Rec. 709 weights) with that of the image. Alpha stays. Pure, safe from any thread.
QImage simulated(const QImage& image, ColourVision vision);
QColor simulated(const QColor& colour, ColourVision vision);

} // namespace assay::widgets
