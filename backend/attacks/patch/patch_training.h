#pragma once

#include "backend/attacks/patch/objective.h"
#include "backend/attacks/patch/patch_steps.h"
#include "backend/attacks/patch/transforms.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay::attacks {

/// Shapes of patches as masks: "square", "circle" (the inscribed ellipse).
const std::vector<std::string>& patchShapeNames();
/// float32 [1,h,w], 1 inside; on the CPU. @throws Error naming the known ones.
torch::Tensor patchMask(const std::string& shape, std::int64_t height, std::int64_t width);

/// How a patch is trained.
struct PatchTraining
{
    std::int64_t channels = 1; ///< of the patch, those of the images
    std::int64_t height = 8;   ///< of the patch, in its own pixels
    std::int64_t width = 8;
    torch::Tensor mask;    ///< float32 [1,h,w]; undefined: all
    torch::Tensor start;   ///< float32 [C,h,w] of the first try; undefined: uniform noise. Others: noise.
    bool perImage = false; ///< a patch for each image rather than one for all
    PatchStep step = PatchStep::Adam;
    double rate = 0.03;
    std::int64_t steps = 200;
    std::int64_t batch = 100; ///< images of a step; the set is gone through in a new order each time
    double variation = 0;     ///< weight of totalVariation()
    double nonPrintable = 0;  ///< weight of nonPrintability()
    torch::Tensor colours;    ///< of the latter; undefined: printableColours()
    PatchTransforms transforms;
    int restarts = 1; ///< tries from other noise; the one of the lowest loss in the end is kept
    std::uint64_t seed = 0;
};

/// Called between steps, one call at a time; each may be empty.
struct PatchHooks
{
    std::function<void()> checkpoint;                                    ///< may throw
    std::function<void(std::int64_t done, std::int64_t total)> progress; ///< steps, of all tries and patches
    /// The patch after so many steps of a try (0: the start), on its device, to be copied by who keeps it.
    /// Not called of patches per image.
    std::function<void(int restart, std::int64_t step, const torch::Tensor& patch)> step;
};

/// The parts of the loss after each step of the try that was kept, float32 [steps] on the CPU: means over
/// the step's images (per image: over all patches), before the step is made.
struct PatchHistory
{
    torch::Tensor attack;
    torch::Tensor variation;    ///< without its weight
    torch::Tensor nonPrintable; ///< without its weight
};

struct TrainedPatch
{
    torch::Tensor patch; ///< float32 [C,h,w] (per image [N,C,h,w]) in [0,1], on the objective's device
    torch::Tensor mask;  ///< float32 [1,h,w], there too
    PatchHistory history;
    int restart = 0;                 ///< the try that was kept; per image each has its own, and this is 0
    std::vector<double> finalLosses; ///< of each try: mean attack loss over all images, a draw of its own
    std::int64_t gradientImages = 0; ///< images through backward passes
};

/// Trains a patch for @p images, float32 [N,C,H,W] in [0,1] on any device, with labels int64 [N] and, to lie
/// on objects, their boxes [N,k,4] (see PatchBoxes). Runs where the objective does; in the loop nothing is
/// copied between device and host. Deterministic for a seed whatever the number of threads; gradients are
/// summed over chunks in their order.
/// @throws Error when shapes do not fit, there is no image or a number is out of range.
TrainedPatch trainPatch(const PatchObjective& objective, const torch::Tensor& images,
                        const torch::Tensor& labels, const PatchBoxes& boxes, const PatchTraining& how,
                        const PatchHooks& hooks = {});

/// A patch of uniform noise, float32 [C,h,w] on the CPU: what trained ones are compared with.
torch::Tensor randomPatch(std::int64_t channels, std::int64_t height, std::int64_t width, std::uint64_t seed);

} // namespace assay::attacks
