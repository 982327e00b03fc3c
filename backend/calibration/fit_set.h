#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::calibration {

/// What a calibrator is fitted on: logits of samples that the classifier was not trained on, and their
/// labels. Checked once. Immutable; safe from any thread.
class FitSet
{
public:
    /// @param logits float32 or float64 [N,C], C >= 2. @param labels integers [N] in 0 .. C-1.
    /// @throws Error for another shape, NaN or infinities, no samples, or labels that are all of one class
    /// (of
    ///         which any calibrator would learn only to answer that class).
    FitSet(const torch::Tensor& logits, const torch::Tensor& labels);

    std::int64_t size() const { return m_logits.size(0); }
    std::int64_t classes() const { return m_logits.size(1); }
    const torch::Tensor& logits() const { return m_logits; } ///< float64 [N,C], contiguous, CPU
    const torch::Tensor& labels() const { return m_labels; } ///< int64 [N], CPU
    /// 1 where the class is the label: float64 [N,C].
    torch::Tensor truth() const;

private:
    torch::Tensor m_logits;
    torch::Tensor m_labels;
};

} // namespace assay::calibration
