#pragma once

#include <span>
#include <vector>

namespace assay::backdoor {

/// Makes the median absolute deviation of normal values their standard deviation.
inline constexpr double kMadOfNormal = 1.4826;

/// How far each of some norms lies from their median (Wang et al. 2019, section IV-D; Hampel 1974).
struct InvertAnomalies
{
    double median = 0;
    double mad = 0; ///< median absolute deviation times kMadOfNormal
    /// |norm - median| / mad, one per norm. Where mad is 0: 0 of the median itself, infinite of others.
    std::vector<double> index;
    /// Whether the index is above the threshold and the norm below the median: only small ones betray.
    std::vector<bool> flagged;
};

/// @param norms at least one, finite. The median of an even number is the mean of the two middle ones.
InvertAnomalies anomaliesOf(std::span<const double> norms, double threshold = 2);

} // namespace assay::backdoor
