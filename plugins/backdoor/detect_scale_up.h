#pragma once

#include "backend/models/model.h"
#include "plugins/backdoor/detect_detector.h"

namespace assay::backdoor {

// SCALE-UP: Guo, Li, Chen, Guo, Sun and Liu, "SCALE-UP: An Efficient Black-box Input-level Backdoor Detection
// via Analyzing Scaled Prediction Consistency", ICLR 2023. Pixels multiplied and cut off at 1: images with a
// trigger keep their class.

struct ScaleUpOptions
{
    std::vector<double> factors = {3, 5, 7, 9, 11};
    /// Where there are reference images, less their mean and over their deviation, by predicted class ("data
    /// limited" in the paper); classes with fewer than two of them take all.
    bool normalise = false;
    double threshold = 0.5; ///< of the share; of normalised scores as well
};

/// The share of the rows of @p classes (int64 [s,n]) that agree with @p own (int64 [n]): float64 [n].
torch::Tensor scaledConsistency(const torch::Tensor& own, const torch::Tensor& classes);

class ScaleUpDetector final : public PoisonDetector
{
public:
    ScaleUpDetector(const models::Model& model, const DetectReference& reference, ScaleUpOptions options);

    torch::Tensor scores(const DetectQueries& queries) override;
    std::optional<double> ownThreshold() const override { return m_options.threshold; }

private:
    /// Shares and predicted classes, both on the CPU.
    std::pair<torch::Tensor, torch::Tensor> consistency(const torch::Tensor& x) const;

    const models::Model& m_model;
    ScaleUpOptions m_options;
    torch::Tensor m_mean, m_deviation; ///< float64 [K], by predicted class; undefined without normalising
};

} // namespace assay::backdoor
