#pragma once

#include "backend/models/model.h"
#include "plugins/backdoor/detect_detector.h"

#include <ATen/core/Generator.h>

namespace assay::backdoor {

// Activation Clustering: Chen, Carvalho, Baracaldo, Ludwig, Edwards, Lee, Molloy and Srivastava, "Detecting
// Backdoor Attacks on Deep Neural Networks by Activation Clustering", SafeAI 2019. The features of a class
// fall into two clusters where some of its images are poisoned, the smaller of which these are.

/// Directions that features are reduced to before clustering, by principal components (the paper prefers
/// independent components, and names the principal ones).
inline constexpr std::int64_t kClusteringDimensions = 10;

/// Two means (Lloyd 1982): cluster of each row, int64 [n] of 0 and 1, the smaller cluster being 1; of equals
/// the one without row 0. The best of several starts, whose centres are drawn as k-means++ does.
/// @param points float64 [n,d] on the CPU; fewer than two different rows are all in cluster 0.
torch::Tensor twoMeans(const torch::Tensor& points, at::Generator generator);

class ClusteringDetector final : public PoisonDetector
{
public:
    ClusteringDetector(const models::Model& model, at::Generator generator);

    /// 1 - size of the image's cluster / size of its class: above 1/2 in the smaller cluster. A
    /// reconstruction of the "relative size" that the paper looks at, as a number per image.
    torch::Tensor scores(const DetectQueries& queries) override;
    /// Clusters smaller than 35 % of their class are flagged, as the authors' toolbox does.
    std::optional<double> ownThreshold() const override { return 0.65; }

private:
    const models::Model& m_model;
    at::Generator m_generator;
};

} // namespace assay::backdoor
