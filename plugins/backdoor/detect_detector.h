#pragma once

#include "backend/engine/run_context.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// Images among which a detector looks for those with a trigger.
struct DetectQueries
{
    torch::Tensor x;      ///< float32 [n,C,H,W] in [0,1] on the model's device
    torch::Tensor ids;    ///< int64 [n] on the CPU: what random numbers of an image belong to
    torch::Tensor labels; ///< int64 [n] on the CPU: the class each is filed under, given or predicted
    std::int64_t size() const { return ids.size(0); }
};

/// What a detector may use besides: clean images with their true classes.
struct DetectReference
{
    torch::Tensor x;      ///< float32 [r,C,H,W] in [0,1] on the model's device
    torch::Tensor ids;    ///< int64 [r] on the CPU
    torch::Tensor labels; ///< int64 [r] on the CPU
};

/// Tells images with a trigger from clean ones by what a model makes of them. For one model; scores are all
/// the same whatever the batch. Used from one thread.
class PoisonDetector
{
public:
    virtual ~PoisonDetector() = default;
    /// One number per image, float64 [n] on the CPU: HIGH means poisoned.
    virtual torch::Tensor scores(const DetectQueries& queries) = 0;
    /// The threshold that its authors use: a score above it is flagged. Absent where they take a quantile of
    /// the scores of clean images.
    virtual std::optional<double> ownThreshold() const = 0;
};

/// What a study tells a user of a detector.
struct DetectorInfo
{
    std::string id;
    std::string title;
    std::string source;
    std::string score; ///< what its number is, for axes
    /// Looks at a whole set at once, by class, and takes no reference images.
    bool trainingSet = false;
};

/// Known detectors, in the order of tables: psc, teco, strip, scale-up, spectral, clustering.
const std::vector<DetectorInfo>& detectorInfos();
/// Its entry; @throws Error for an unknown one.
const DetectorInfo& detectorInfo(const std::string& id);

} // namespace assay::backdoor
