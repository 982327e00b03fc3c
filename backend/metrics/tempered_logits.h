#pragma once

#include "backend/metrics/tempered_kernels.h"

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace assay::metrics {

/// What a frame of a temperature slider shows of N samples.
struct TemperedConfidences
{
    std::vector<double> confidence; ///< of the predicted class, by sample
    double nll = 0;                 ///< negativeLogLikelihood() at the temperature
    double brier = 0;               ///< brierScore() at the temperature
};

/// Logits with labels, laid out so that the confidences at another temperature take milliseconds for a
/// million samples: a temperature changes neither the predicted classes nor which are right. Takes as much
/// memory again as float32 logits. Immutable; safe from any thread.
class TemperedLogits
{
public:
    /// @param logits finite, float32 or float64 [N,C], of which float32 is kept; N >= 1, C >= 2.
    /// @param labels integers [N] in 0 .. C-1. @throws Error for anything else.
    TemperedLogits(const torch::Tensor& logits, const torch::Tensor& labels);

    std::int64_t size() const { return m_size; }
    /// 1 where the largest logit (of equal ones the lowest class) is the label's.
    std::span<const std::uint8_t> correct() const { return m_correct; }

    /// Softmax of logits / @p temperature in double precision, on two threads: confidences within 1e-13 of
    /// LabelledProbabilities::fromLogits(), nll and brier within 1e-12 relatively. Equal logits in equal
    /// order give equal confidences; deterministic on one computer.
    /// @param buffer of an earlier result that is no longer needed: the memory of a new one would cost as
    /// much
    ///               time as a quarter of the frame. Its contents do not matter.
    /// @throws Error unless the temperature is finite and above 0.
    TemperedConfidences at(double temperature, std::vector<double> buffer = {}) const;
    /// The same with a kernel of choice, for tests.
    TemperedConfidences at(double temperature, const TemperedKernel& kernel,
                           std::vector<double> buffer = {}) const;

private:
    void lay(const float* logits, const std::int64_t* labels);

    std::int64_t m_size = 0;
    std::int64_t m_classes = 0;
    std::vector<float> m_blocks; ///< see TemperedKernel; rows after the last are 0
    std::vector<std::uint8_t> m_correct;
    double m_labelGap = 0; ///< sum over samples of largest - label's logit
};

} // namespace assay::metrics
