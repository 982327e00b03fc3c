#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace assay::metrics {

/// The predicted class of each sample, what it was given, and whether it is right.
struct TopLabel
{
    std::vector<std::int64_t> predicted; ///< the largest probability; of equal ones the lowest class
    std::vector<double> confidence;      ///< its probability
    std::vector<std::uint8_t> correct;   ///< 1 where it is the label
};

/// Class probabilities of N samples with their labels, checked once: what every calibration metric reads.
/// Immutable; safe from any thread.
class LabelledProbabilities
{
public:
    /// @param probabilities float32 or float64 [N,C], N >= 1, C >= 2, in [0,1], rows that sum to 1 within
    /// 1e-4.
    /// @param labels integers [N] in 0 .. C-1.
    /// @throws Error for anything else.
    static LabelledProbabilities fromProbabilities(const torch::Tensor& probabilities,
                                                   const torch::Tensor& labels);
    /// The same from finite logits: softmax in float64.
    static LabelledProbabilities fromLogits(const torch::Tensor& logits, const torch::Tensor& labels);

    std::int64_t size() const { return m_probabilities.size(0); }
    std::int64_t classes() const { return m_probabilities.size(1); }
    const torch::Tensor& probabilities() const { return m_probabilities; } ///< float64 [N,C], CPU, contiguous
    const torch::Tensor& labels() const { return m_labels; }               ///< int64 [N], CPU
    const TopLabel& top() const { return m_top; }
    /// ln of the label's probability. From logits it is exact however small; from probabilities, one below
    /// kLowestProbability counts as that.
    std::span<const double> logLikelihoods() const { return m_logLikelihoods; }
    /// How many samples' likelihood was raised to kLowestProbability; 0 from logits.
    std::int64_t raisedLikelihoods() const { return m_raised; }

    static constexpr double kLowestProbability = 1e-12;

private:
    LabelledProbabilities(torch::Tensor probabilities, torch::Tensor labels);

    torch::Tensor m_probabilities;
    torch::Tensor m_labels;
    TopLabel m_top;
    std::vector<double> m_logLikelihoods;
    std::int64_t m_raised = 0;
};

} // namespace assay::metrics
