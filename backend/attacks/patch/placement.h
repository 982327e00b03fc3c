#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::attacks {

/// Where patches lie on each of n images: k of them, drawn one over the other, float32 [n,k] each. Pixels are
/// counted from the image's left and top edge, so that the centre of the first pixel is at 0.5.
struct PatchPlaces
{
    torch::Tensor x;      ///< of the patch's centre
    torch::Tensor y;      ///< of the patch's centre
    torch::Tensor width;  ///< in pixels of the image; 0: no patch
    torch::Tensor height; ///< in pixels of the image
    torch::Tensor angle;  ///< degrees clockwise, about the centre

    std::int64_t count() const { return x.size(0); }
    std::int64_t layers() const { return x.size(1); }
    PatchPlaces narrow(std::int64_t first, std::int64_t count) const;
    PatchPlaces select(const torch::Tensor& rows) const; ///< of the images @p rows, int64
    PatchPlaces layer(std::int64_t index) const;         ///< one layer of all images
    PatchPlaces to(torch::Device device) const;
};

/// One place as people give it: fractions of an image.
struct PatchPlace
{
    double x = 0.5;    ///< of the image's width: the patch's centre
    double y = 0.5;    ///< of the image's height
    double size = 0.3; ///< the patch's width, of the image's shorter side
    double angle = 0;  ///< degrees clockwise
    bool operator==(const PatchPlace&) const = default;
};

/// Place i on image i, one layer; the patch, @p patchHeight x @p patchWidth pixels, keeps its proportions.
PatchPlaces placesOf(const std::vector<PatchPlace>& places, std::int64_t imageHeight, std::int64_t imageWidth,
                     std::int64_t patchHeight, std::int64_t patchWidth, torch::Device device);

/// The same place on each of @p count images.
PatchPlaces placesOf(const PatchPlace& place, std::int64_t count, std::int64_t imageHeight,
                     std::int64_t imageWidth, std::int64_t patchHeight, std::int64_t patchWidth,
                     torch::Device device);

/// Lays a patch on images: image * (1 - m) + patch * m, m the mask. Differentiable once in the images and in
/// the patch. A pixel belongs to the patch if its centre lies in the patch's rectangle (left and upper edge
/// included) and takes the mask at the nearest of the patch's pixels, so that black patch pixels are opaque
/// as others are; its colour is interpolated bilinearly between the centres of the patch's pixels, and is
/// that of the nearest one beyond them. At an angle of 0, at the patch's own size and with its edges on
/// pixels' edges it is what slicing gives, to 1e-5.
/// @param images float32 [n,C,H,W].
/// @param patch  float32 [C,h,w] or [n,C,h,w], on the images' device.
/// @param mask   float32 [1,h,w] or [n,1,h,w] in [0,1]; undefined: all of the rectangle, opaque.
/// @throws Error when shapes do not fit.
torch::Tensor applyPatch(const torch::Tensor& images, const torch::Tensor& patch, const torch::Tensor& mask,
                         const PatchPlaces& places);

/// How much each pixel is the patch's, float32 [n,1,H,W] in [0,1]: 1 - the product of 1 - m over the layers.
/// @param mask as applyPatch(); undefined: rectangles.
torch::Tensor patchCover(const torch::Tensor& images, const torch::Tensor& mask, const PatchPlaces& places);

} // namespace assay::attacks
