#pragma once

#include "backend/models/detection/detection.h"

#include <torch/types.h>

#include <vector>

namespace assay::models {

/// Everything a detector proposes, before anything is chosen among it; differentiable in the images.
struct Candidates
{
    torch::Tensor boxes;  ///< float32 [N,A,4]: left, top, right, bottom in pixels of the input
    torch::Tensor scores; ///< float32 [N,A,K] in [0,1]: how sure it is of an object of that class there
    /// float32 [N,A] in [0,1]: how sure it is of any object; undefined where the network does not say so
    /// apart (then it is the largest score over the classes).
    torch::Tensor objectness;
    /// bool [N,A,K]: the scores that the network's own rule reports, the peaks of a heat map; undefined: all.
    torch::Tensor reported;
};

/// What @p rule leaves of the candidates, one list per image. Boxes that are empty or not finite are left
/// out.
std::vector<Detections> chosen(const Candidates& candidates, const DetectionRule& rule);

} // namespace assay::models
