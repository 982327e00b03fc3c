#pragma once

#include "backend/models/detection/detector.h"
#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::attacks {

/// What a patch is trained for. Immutable; calls are safe from several threads at once.
class PatchObjective
{
public:
    virtual ~PatchObjective() = default;
    virtual torch::Device device() const = 0;
    /// Per image [n], to be lowered; differentiable in the images. @param images float32 [n,C,H,W] in [0,1].
    /// @param labels int64 [n]: their classes; detectors do not read them.
    virtual torch::Tensor losses(const torch::Tensor& images, const torch::Tensor& labels) const = 0;
};

enum class ClassifierLoss {
    Likelihood,  ///< log p_y, towards a target -log p_t: Brown et al. 2017, equation 1
    Probability, ///< p_y, towards a target 1 - p_t: images that are fooled already no longer count
    Margin       ///< z_y - max_{i != y} z_i (target: max_{i != t} z_i - z_t), not below -kMarginEnough
};

/// "likelihood", "probability", "margin".
const std::vector<std::string>& classifierLossNames();
/// @throws Error naming the known ones.
ClassifierLoss classifierLossFromName(const std::string& name);

inline constexpr double kMarginEnough = 5;

/// Away from the labels or, with @p target, towards that class.
/// @throws Error when the model has no network or no such class.
std::unique_ptr<const PatchObjective> classifierObjective(std::shared_ptr<const models::Model> model,
                                                          ClassifierLoss loss,
                                                          std::optional<std::int64_t> target = {});

struct DetectorLoss
{
    enum class Of {
        Score,      ///< how sure the detector is of the class: objectness times class probability
        Objectness, ///< of any object; the score where the network does not tell it apart
        Class       ///< score / objectness, which is Score where the network does not tell it apart
    };
    enum class Over {
        Max, ///< the surest candidate: Thys et al. 2019, section 3
        Mean ///< of all candidates
    };
    Of of = Of::Score;
    Over over = Over::Max;
    /// Classes to hide, indices into the model's; empty: all of them. Adaptive attacks on a defence that
    /// reports patches as a class name that one, too.
    std::vector<std::int64_t> classes;
    /// What candidates are to be taken for instead; absent: nothing.
    std::optional<std::int64_t> target;
};

/// "score", "objectness", "class". @throws Error naming the known ones.
const std::vector<std::string>& detectorLossNames();
DetectorLoss::Of detectorLossFromName(const std::string& name);

/// The loss of an image is the largest (or mean) value over candidates and the hidden classes, each class
/// counted by itself and summed; with a target, 1 - the largest score of the target is added.
/// @throws Error when the model has no network or no such class.
std::unique_ptr<const PatchObjective> detectorObjective(std::shared_ptr<const models::Detector> detector,
                                                        DetectorLoss loss);

} // namespace assay::attacks
