#pragma once

#include <cstdint>
#include <vector>

namespace assay::metrics {

/// Rows of logits that are computed at once, stored class by class.
constexpr std::int64_t kTemperedRows = 128;

/// Sums over one block of rows at one temperature.
struct TemperedSums
{
    double logSum = 0; ///< of ln(sum over classes of exp((z - largest) / T))
    double brier = 0;  ///< of sum over classes of (p - [is the label])^2
};

/// The arithmetic of TemperedLogits for one instruction set.
struct TemperedKernel
{
    const char* name;
    /// @param logits [classes + 1][kTemperedRows]: the largest logit of each row, its other ones, the
    /// label's.
    /// @param confidence kTemperedRows values. @param rows how many of them count, the first ones.
    TemperedSums (*block)(const float* logits, std::int64_t classes, double inverseTemperature,
                          std::int64_t rows, double* confidence);
};

/// Those that run on this computer, the fastest first.
std::vector<TemperedKernel> runnableTemperedKernels();

} // namespace assay::metrics
