#pragma once

#include "backend/attacks/patch/patch_training.h"
#include "backend/models/detection/detector.h"
#include "plugins/patches/pod_blocks.h"

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace assay::patches::pod {

/// A learned patch on every object, as in the evaluation of POD (after Thys et al. 2019), with the sizes of
/// the small-scale experiment. Differs: the values are changed by contrast, brightness and noise as there,
/// but neither multiplied by Gaussian noise nor median-pooled.
struct AdvPatchSpec
{
    std::int64_t side = 12; ///< of the patch, in its own pixels
    std::int64_t steps = 120;
    double rate = 0.03;
    double size = 0.3;    ///< of the patch on the image, of the object's diagonal
    double offset = 0.1;  ///< of its centre, to either side, of the object's width and height
    double angle = 20;    ///< degrees to either side
    double variation = 0; ///< weight of the total variation
    std::int64_t batch = 50;
    int restarts = 2;
    std::uint64_t seed = 0;
    /// The detector's class to hide, and the patch class when the attack knows of the defence and keeps quiet
    /// there too; negative: not.
    std::int64_t object = kObject;
    std::int64_t quiet = -1;
};

/// @throws Error as attacks::trainPatch() does.
attacks::TrainedPatch learnPatch(std::shared_ptr<const models::Detector> detector, const Scenes& scenes,
                                 const AdvPatchSpec& spec, const attacks::PatchHooks& hooks = {});

/// Shapes by name: "square", "circle", "bar" (a third as high as wide), "triangle". float32 [1,side,side], 1
/// inside, on the CPU. @throws Error for another name.
torch::Tensor shapeMask(const std::string& shape, std::int64_t side);

/// Where patches lie on objects.
struct OnObjects
{
    double size = 0.3;
    double offset = 0.1;
    double angle = 20;
    std::uint64_t seed = 0; ///< images of one seed get their patches in the same places, whatever the size
};

/// Pastes one patch on every object. @param images float32 [N,C,H,W] in [0,1]. @param patch [C,h,w].
/// @param mask [1,h,w]. A patch's box is the upright one around what the mask shows of it.
Attacked pasteOnObjects(const torch::Tensor& images, const BoxLists& objects, const torch::Tensor& patch,
                        const torch::Tensor& mask, const OnObjects& how);

/// The upright box around what @p mask shows of a patch. @param places one row, one layer.
data::Box boxAround(const torch::Tensor& mask, double x, double y, double width, double height,
                    double degrees);

} // namespace assay::patches::pod
