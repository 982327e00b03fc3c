#pragma once

#include "backend/attacks/patch/transforms.h"
#include "backend/data/dataset.h"
#include "backend/models/detection/detector.h"
#include "backend/training/detector_targets.h"
#include "plugins/patches/pod_augmentation.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::patches::pod {

using training::BoxLists;

/// Categories of the detectors trained here and of boxes handed about: the object that is to be found
/// ("person" in the paper), and a patch.
inline constexpr std::int32_t kObject = 0;
inline constexpr std::int32_t kPatch = 1;

/// The label of a pasted patch as a box of category kPatch.
data::Box boxOf(const PastedPatch& label);

/// Images with the boxes of one class of object.
struct Scenes
{
    torch::Tensor ids;    ///< int64 [N], indices into the split
    torch::Tensor pixels; ///< uint8 [N,C,H,W] on the CPU
    BoxLists objects;     ///< [N], category kObject

    std::int64_t size() const { return pixels.size(0); }
    torch::Tensor images() const; ///< float32 [N,C,H,W] in [0,1] on the CPU
    Scenes first(std::int64_t count) const;
};

/// @param ids int64 [n]. @param category index into the set's boxClasses.
Scenes scenesOf(const data::Dataset& dataset, data::Split split, const torch::Tensor& ids,
                std::int32_t category);

/// float32 [n,k,4], left, top, width, height; unused ones 0. k is at least 1.
attacks::PatchBoxes paddedBoxes(const BoxLists& boxes);

/// Of every object the score of the surest candidate that would count as finding it: of class @p category,
/// IoU at least 0.5. 0 where there is none. Differentiable in the candidates' scores.
/// @param boxes [n,k,4] on the candidates' device. @returns [n,k].
torch::Tensor findingScores(const models::Candidates& candidates, const torch::Tensor& boxes,
                            std::int64_t category);

} // namespace assay::patches::pod
