#pragma once

#include "plugins/patches/watermark_logo.h"

#include <torch/types.h>

#include <cstdint>

namespace assay::medlocker {

/// Where a logo lies and how opaque it is: what an owner keeps secret.
struct Placement
{
    int alpha = 255; ///< 0 .. 255
    int u = 0;       ///< column of the logo's left edge
    int v = 0;       ///< row of its upper edge
    bool operator==(const Placement&) const = default;
};

struct ImageShape
{
    int channels = 1;
    int height = 0;
    int width = 0;
    std::size_t plane() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
};

/// The shape of [C,H,W] or [N,C,H,W].
ImageShape shapeOf(const torch::Tensor& images);

/// x_w = (1 - a) x + a L in the logo's box, x elsewhere, rounded to 8 bits: what is stored is what a model
/// sees. Images of other than three channels take the logo's grey level, 0.299 R + 0.587 G + 0.114 B.
/// @param image uint8 [C,H,W], 0..255, on the CPU. @throws Error when the logo does not lie inside.
torch::Tensor watermarked(const torch::Tensor& image, const Logo& logo, const Placement& placement);

/// The same before rounding, float64 0..255: for storage of more than 8 bits.
torch::Tensor blended(const torch::Tensor& image, const Logo& logo, const Placement& placement);

/// x = (x_w - a L) / (1 - a), float64 0..255, not rounded. Where a is 1 the original is lost: the pixel
/// stays. Stored in 8 bits x_w errs by up to 0.5 levels, hence x by up to 0.5 / (1 - a).
/// @param marked [C,H,W] of any real type, in levels 0..255.
torch::Tensor unblended(const torch::Tensor& marked, const Logo& logo, const Placement& placement);

/// unblended() of 8-bit pixels, rounded to uint8.
torch::Tensor restored(const torch::Tensor& marked, const Logo& logo, const Placement& placement);

/// Writes the watermarked pixels of the logo's box into @p out: float32, channels x height x width, as
/// watermarked() / 255. @param image uint8 of the same shape. The placement must lie inside.
void stampInto(float* out, const std::uint8_t* image, const ImageShape& shape, const Logo& logo,
               const Placement& placement);

} // namespace assay::medlocker
