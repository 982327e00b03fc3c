#pragma once

#include "backend/data/corruptions/corruption.h"
#include "backend/models/model.h"
#include "plugins/backdoor/detect_detector.h"

#include <functional>

namespace assay::backdoor {

// TeCo: Liu, Li, Wang, Hu, Ye, Jin, Wu and Xiao, "Detecting Backdoors During the Inference Stage Based on
// Corruption Robustness Consistency", CVPR 2023. Clean images lose their class at similar severities of all
// corruptions; images with a trigger survive some and fall to others at once.

/// Severities 1 .. 5; hardness is one more where the class is never lost.
inline constexpr std::int64_t kTecoLevels = 5;

struct TecoOptions
{
    std::vector<std::string> corruptions; ///< of tecoCorruptions(), in the order they are applied
    /// "paper": constants for ImageNet in pixels of any image; "small-image": the same with half the lengths;
    /// "cifar": those of the same authors for 32 x 32.
    std::string preset = "paper";
    /// Each corruption is applied to what the last one left, as the released scripts do by overwriting the
    /// image; Algorithm 1 applies each to the image itself.
    bool cumulative = false;
    std::string measure = "std"; ///< "std" (population), "mad" (median), "mean" absolute deviation
    double threshold = 1;
};

/// Ids of the paper's fifteen corruptions, in its order, the same in all presets. Frost is drawn here.
const std::vector<std::string>& tecoCorruptions();
/// The corrupted images as 8-bit files would hold them: truncated.
torch::Tensor tecoCorrupted(const TecoOptions& options, const std::string& corruption, const torch::Tensor& x,
                            std::int64_t level, std::uint64_t seed, const torch::Tensor& ids);
/// The spread of each row: float64 [n]. @param hardness int64 [n,K], K at least 1.
torch::Tensor tecoSpread(const torch::Tensor& hardness, const std::string& measure);

class TecoDetector final : public PoisonDetector
{
public:
    /// @param seed of the corruptions' random numbers, which belong to the images' ids.
    /// @param checkpoint called between batches.
    TecoDetector(const models::Model& model, TecoOptions options, std::uint64_t seed,
                 std::function<void()> checkpoint);

    torch::Tensor scores(const DetectQueries& queries) override;
    std::optional<double> ownThreshold() const override { return m_options.threshold; }

    /// The least severity 1 .. 5 at which the class is no longer the first one, else 6: int64 [n,K] on the
    /// CPU. Images that have lost it are not corrupted further, unless corruptions add up.
    torch::Tensor hardness(const DetectQueries& queries);
    /// Images that the model was asked about since the detector was made.
    std::int64_t asked() const { return m_asked; }

private:
    torch::Tensor classOf(const torch::Tensor& x);
    torch::Tensor ofCorruption(const DetectQueries& queries, const torch::Tensor& first,
                               const std::string& corruption);
    torch::Tensor addedUp(const DetectQueries& queries, const torch::Tensor& first);

    const models::Model& m_model;
    TecoOptions m_options;
    std::uint64_t m_seed;
    std::function<void()> m_checkpoint;
    std::int64_t m_asked = 0;
};

} // namespace assay::backdoor
