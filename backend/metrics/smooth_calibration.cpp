#include "backend/metrics/smooth_calibration.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <string>

namespace assay::metrics {

namespace {

constexpr std::int64_t kPlaces = 8192; ///< steps of the grid that samples are laid on
/// Beyond this k sigma a mode is damped below 1e-17.
constexpr double kLastMode = 2.85;
constexpr double kStepsPerSigma = 32;
constexpr double kSigmaTolerance = 1e-9;

/// Values of the cubic B-spline at the four grid points around a place, @p part of a step after the second.
std::array<double, 4> splineWeights(double part)
{
    const double rest = 1 - part, square = part * part, cube = square * part;
    return {rest * rest * rest / 6, (4 - 6 * square + 3 * cube) / 6,
            (1 + 3 * part + 3 * square - 3 * cube) / 6, cube / 6};
}

/// Residuals on an even grid of period 2, the mirrored samples included: entry g stands for g / kPlaces.
torch::Tensor laidOut(const SortedConfidences& sorted, Counts counts)
{
    constexpr std::int64_t kPeriod = 2 * kPlaces;
    // One step before 0 and two after 1 are folded back at the end.
    std::vector<double> places(static_cast<std::size_t>(kPlaces + 4), 0.0);
    const auto confidence = sorted.confidence();
    const auto correct = sorted.correct();
    double total = 0;
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        const double count = counts.empty() ? 1 : counts[i];
        const double at = confidence[i] * kPlaces;
        const auto step = static_cast<std::int64_t>(at);
        const std::array<double, 4> weights = splineWeights(at - static_cast<double>(step));
        for (std::size_t k = 0; k < 4; ++k)
            places[static_cast<std::size_t>(step) + k] += count * (correct[i] - confidence[i]) * weights[k];
        total += count;
    }
    torch::Tensor grid = torch::zeros({kPeriod}, torch::kFloat64);
    double* even = grid.data_ptr<double>();
    for (std::int64_t p = 0; p < kPlaces + 4; ++p) {
        const double half = places[static_cast<std::size_t>(p)] / total / 2;
        even[(p - 1 + kPeriod) % kPeriod] += half;
        even[(1 - p + kPeriod) % kPeriod] += half;
    }
    return grid;
}

/// The integral of |function| over cells of @p step, from its values and those of its antiderivative: exact
/// but for cells in which the sign changes, whose zero is taken from a straight line.
double integralOfSize(const double* value, const double* antiderivative, std::int64_t cells, double step)
{
    double sum = 0;
    for (std::int64_t i = 0; i < cells; ++i) {
        const double whole = antiderivative[i + 1] - antiderivative[i];
        if (value[i] * value[i + 1] >= 0) {
            sum += std::abs(whole);
            continue;
        }
        const double toZero = step * value[i] / (value[i] - value[i + 1]);
        const double before = value[i] * toZero / 2;
        sum += std::abs(before) + std::abs(whole - before);
    }
    return sum;
}

} // namespace

SmoothedResiduals::SmoothedResiduals(const SortedConfidences& sorted, Counts counts)
{
    const torch::Tensor spectrum = torch::real(torch::fft_rfft(laidOut(sorted, counts))).contiguous();
    const double* found = spectrum.data_ptr<double>();
    const auto most = static_cast<std::int64_t>(std::ceil(kLastMode / kLeastSigma));
    m_modes.resize(static_cast<std::size_t>(most + 1));
    m_modes[0] = found[0];
    for (std::int64_t k = 1; k <= most; ++k) {
        const double half = std::numbers::pi * static_cast<double>(k) / (2 * kPlaces);
        const double sinc = std::sin(half) / half;
        m_modes[static_cast<std::size_t>(k)] = found[k] / (sinc * sinc * sinc * sinc);
    }
}

double SmoothedResiduals::error(double sigma) const
{
    if (!(sigma >= kLeastSigma && sigma <= 1))
        throw Error("a kernel of width " + std::to_string(sigma) + " is asked for; it must be from " +
                    std::to_string(kLeastSigma) + " to 1");
    const auto cells =
        static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(kStepsPerSigma / sigma)));
    const auto last = static_cast<std::int64_t>(std::ceil(kLastMode / sigma));
    // Row 0: the function, sums of cosines; row 1: its antiderivative without the linear term, of sines.
    torch::Tensor spectra = torch::zeros({2, cells + 1}, torch::kComplexDouble);
    auto* spectrum = reinterpret_cast<double*>(spectra.data_ptr<c10::complex<double>>());
    for (std::int64_t k = 0; k <= std::min(last, cells - 1); ++k) {
        const double rate = std::numbers::pi * static_cast<double>(k);
        const double mode = m_modes[static_cast<std::size_t>(k)] * std::exp(-rate * rate * sigma * sigma / 2);
        spectrum[2 * k] = mode;
        spectrum[2 * (cells + 1 + k) + 1] = k == 0 ? 0 : -mode / rate;
    }
    const double period = 2 * static_cast<double>(cells), step = 1 / static_cast<double>(cells);
    torch::Tensor curves = torch::fft_irfft(spectra, 2 * cells).mul_(period).contiguous();
    double* value = curves.data_ptr<double>();
    double* antiderivative = value + 2 * cells;
    for (std::int64_t i = 0; i <= cells; ++i)
        antiderivative[i] += m_modes[0] * static_cast<double>(i) * step;
    return integralOfSize(value, antiderivative, cells, step);
}

double SmoothedResiduals::balancedSigma() const
{
    // The error does not rise with sigma, so that error - sigma falls and has one root; it is never below the
    // mean residual, nor above 1.
    double low = std::max(kLeastSigma, std::abs(m_modes[0])), high = 1;
    if (low >= 1)
        return 1;
    double above = error(low) - low, below = error(high) - high;
    if (above <= 0)
        return low;
    if (below >= 0)
        return high;
    // Regula falsi that halves the weight of an end that stays (Illinois).
    int stayed = 0;
    for (int turn = 0; turn < 100 && high - low > kSigmaTolerance; ++turn) {
        const double sigma = std::clamp((low * below - high * above) / (below - above), low, high);
        const double excess = error(sigma) - sigma;
        if (std::abs(excess) < kSigmaTolerance / 10)
            return sigma;
        if (excess > 0) {
            low = sigma;
            above = excess;
            below /= stayed == 1 ? 2 : 1;
            stayed = 1;
        } else {
            high = sigma;
            below = excess;
            above /= stayed == -1 ? 2 : 1;
            stayed = -1;
        }
    }
    return (low + high) / 2;
}

double smoothCalibrationError(const SortedConfidences& sorted, Counts counts)
{
    const SmoothedResiduals residuals(sorted, counts);
    return residuals.error(residuals.balancedSigma());
}

} // namespace assay::metrics
