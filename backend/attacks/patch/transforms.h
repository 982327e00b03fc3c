#pragma once

#include "backend/attacks/patch/placement.h"
#include "backend/attacks/random_streams.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::attacks {

/// Boxes of objects, as many of each image as the one with most has: float32 [n,k,4], left, top, width,
/// height in pixels of the image; unused ones have width 0.
using PatchBoxes = torch::Tensor;

/// What a patch is put through while it is trained: expectation over transforms (Athalye et al. 2018; Brown
/// et al. 2017), uniform in each range.
struct PatchTransforms
{
    /// Without boxes: where the centre lies, fractions of the image's width and height; the whole patch stays
    /// on the image where it fits (these bounds are moved inwards).
    double left = 0;
    double right = 1;
    double top = 0;
    double bottom = 1;
    /// Width of the patch: a fraction of the image's shorter side, or, with boxes, of the box's diagonal.
    double sizeLow = 0.25;
    double sizeHigh = 0.25;
    double angle = 0;  ///< degrees, to either side
    double offset = 0; ///< with boxes: of the centre from the box's, to either side, of its width and height
    // Of the patch's values: contrast * value + brightness + noise, cut to [0,1].
    double contrastLow = 1;
    double contrastHigh = 1;
    double brightness = 0; ///< to either side, per place
    double noise = 0;      ///< to either side, per pixel of the patch and image

    /// @throws Error naming the number that is out of range.
    void check() const;
};

/// One draw for n images, k places on each.
struct PatchDraw
{
    PatchPlaces places;
    torch::Tensor contrast;   ///< float32 [n,k], or undefined: 1
    torch::Tensor brightness; ///< float32 [n,k], or undefined: 0
    torch::Tensor noise;      ///< float32 [n,C,h,w], or undefined
};

/// Draws for the images of @p samples. Numbers come from @p streams by sample and iteration, on the samples'
/// device and the same on every device up to the rounding of sines: neither batch nor threads matter.
/// @param samples int64 [n]. @param boxes [n,k,4] on the same device, or undefined: one place anywhere.
/// @param patchSizes of the patch, [C,h,w].
PatchDraw drawTransforms(const PatchTransforms& transforms, const RandomStreams& streams,
                         const torch::Tensor& samples, std::int64_t iteration, torch::IntArrayRef imageSizes,
                         torch::IntArrayRef patchSizes, const PatchBoxes& boxes = {});

/// The images with the patch as @p draw puts it there; differentiable as applyPatch().
torch::Tensor applyDraw(const torch::Tensor& images, const torch::Tensor& patch, const torch::Tensor& mask,
                        const PatchDraw& draw);

} // namespace assay::attacks
