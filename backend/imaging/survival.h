#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::imaging {

/// Something that happens to images between where they are made and where they are looked at.
struct Ordeal
{
    enum class Kind { None, Png, Jpeg, Resize, Print };
    Kind kind = Kind::None;
    double strength = 0; ///< Jpeg: quality 1 .. 100; Resize: factor of both sides, in (0,1); else unused
    bool operator==(const Ordeal&) const = default;
};

/// "none", "png", "jpeg-75", "resize-0.75", "print": stable, as in tables.
std::string ordealId(const Ordeal& ordeal);
/// "as made", "PNG", "JPEG 75", "at 75 %", "print": short enough for the axis of a figure.
std::string ordealTitle(const Ordeal& ordeal);

/// None, PNG, JPEG 95, 75 and 50, resizing by 0.75 and 0.5, print: in this order.
const std::vector<Ordeal>& ordeals();

/// Images after an ordeal. Encoding and decoding are real files in memory.
///
/// Resize goes down by area averaging and back up bilinearly, in floats, without rounding.
///
/// Print is a model and no measurement. In this order, on pixels in [0,1]:
///   tone      v -> 0.06 + 0.86 v^1.15 (paper is not white, ink not black, dark tones close up); of colours
///   first
///             8 % of each channel leaks evenly into the others (inks are not pure)
///   blur      Gaussian, sigma 0.02 of the shorter side, at least 0.5 pixels (dot gain and focus)
///   noise     normal, sigma 0.02 (grain and sensor), drawn from @p seed and the image's number alone
///   exposure  v -> (v - 0.06) / 0.86, what a camera's levels would do
/// and rounding to 8 bits.
///
/// @param images float32 [N,C,H,W] in [0,1] on the CPU, C any (JPEG of other than 1 or 3 channels: each
/// channel as
///               a grey picture). @param firstImage number of the first image, for the noise.
/// @returns float32 of the same shape in [0,1], a copy. Deterministic; N may be 0.
/// @throws Error for other shapes or types, or a strength out of range.
torch::Tensor afterOrdeal(const torch::Tensor& images, const Ordeal& ordeal, std::uint64_t seed = 0,
                          std::int64_t firstImage = 0);

} // namespace assay::imaging
