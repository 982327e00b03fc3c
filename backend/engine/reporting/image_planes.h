#pragma once

#include "backend/protocol/image_grid.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::reporting {

/// One way in which the images of a gallery are shown.
struct ImagePlane
{
    std::string name;
    torch::Tensor images; ///< float [n,C,H,W] in [0,1] on the CPU; other values are clipped
};

/// How many images of this size with @p planes planes fit half a frame of the protocol.
std::size_t imagesThatFit(std::int64_t channels, std::int64_t height, std::int64_t width, std::size_t planes);

/// Fills size, ids, variants and pixels. @param ids int64 [n]. Of more than three channels the first three
/// are shown, of two the first. At least one plane.
void fillPlanes(protocol::ImageGrid& grid, const torch::Tensor& ids, const std::vector<ImagePlane>& planes);

/// Ten times the difference, around mid-grey.
torch::Tensor amplifiedDifference(const torch::Tensor& altered, const torch::Tensor& clean);

/// Where a model looks: the images in grey, [n,3,H,W], under orange that covers the more the higher the map
/// is.
/// @param images float [n,C,H,W] in [0,1] on the CPU. @param maps float [n,H,W], 0 .. 255, as gradCam() has
/// them.
torch::Tensor saliencyOverlay(const torch::Tensor& images, const torch::Tensor& maps);

/// The same images with three channels, [n,3,H,W]: beside pictures that have colours.
torch::Tensor asColour(const torch::Tensor& images);

/// A class per image. @param values int64 [n] on the CPU.
protocol::ImageAttribute classesOf(std::string name, std::string title,
                                   const std::vector<std::string>& classes, const torch::Tensor& values);

/// "Sandal 83 %, Sneaker 12 %, Bag 3 %": the most likely classes. @param probabilities float [K] on the CPU.
std::string likelyClasses(const torch::Tensor& probabilities, const std::vector<std::string>& classes,
                          std::int64_t most = 3);

/// The ids where @p mask (bool [n]) holds.
std::vector<std::int64_t> idsWhere(const torch::Tensor& ids, const torch::Tensor& mask);

} // namespace assay::reporting
