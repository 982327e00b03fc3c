#pragma once

#include "backend/models/model.h"
#include "plugins/backdoor/detect_detector.h"

#include <functional>

namespace assay::backdoor {

// STRIP: Gao, Xu, Wang, Chen, Ranasinghe and Nepal, "STRIP: A Defence Against Trojan Attacks on Deep Neural
// Networks", ACSAC 2019. A trigger decides whatever is laid over the image.

struct StripOptions
{
    std::int64_t overlays = 100; ///< at most as many as there are reference images
    /// Both pictures added and cut off at 1, as the released code does; else their mean.
    bool add = true;
};

/// Mean over the overlays of -sum p log2 p: float64 [n]. @param p float [n,o,K], probabilities.
torch::Tensor stripEntropy(const torch::Tensor& p);

class StripDetector final : public PoisonDetector
{
public:
    /// @param checkpoint called between batches.
    StripDetector(const models::Model& model, const DetectReference& reference, StripOptions options,
                  std::function<void()> checkpoint);

    /// Less the mean entropy of the answers to each image with every overlay.
    torch::Tensor scores(const DetectQueries& queries) override;
    /// Set by the false rejections of clean images.
    std::optional<double> ownThreshold() const override { return std::nullopt; }

private:
    const models::Model& m_model;
    torch::Tensor m_overlays; ///< [o,C,H,W]
    StripOptions m_options;
    std::function<void()> m_checkpoint;
};

} // namespace assay::backdoor
