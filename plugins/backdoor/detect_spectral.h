#pragma once

#include "backend/models/model.h"
#include "plugins/backdoor/detect_detector.h"

namespace assay::backdoor {

// Spectral Signatures: Tran, Li and Madry, "Spectral Signatures in Backdoor Attacks", NeurIPS 2018. Within a
// class the poisoned images shift the mean of the features, which shows in their first principal direction.

/// Algorithm 1 of the paper: the squared projection of each row, less the mean row, on the first right
/// singular vector. float64 [n]. @param features float [n,F] on the CPU; n of 0 and 1 give zeros.
torch::Tensor spectralScores(const torch::Tensor& features);

class SpectralDetector final : public PoisonDetector
{
public:
    /// @param rate share of poisoned images that is expected: 1.5 times as many are flagged, of all images;
    /// the paper takes 1.5 times as many off every class.
    SpectralDetector(const models::Model& model, double rate);

    /// Within each class of `labels`, by the penultimate features.
    torch::Tensor scores(const DetectQueries& queries) override;
    /// That of the images scored last.
    std::optional<double> ownThreshold() const override { return m_threshold; }

private:
    const models::Model& m_model;
    double m_rate;
    double m_threshold = 0;
};

} // namespace assay::backdoor
