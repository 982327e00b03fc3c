#include "backend/models/formats/inside_normalisation.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

constexpr double kTolerance = 1e-3; ///< relative; float32 rounding of a few operations is far below

/// The channels of what the layer gets for an image of one colour; undefined where a channel is not uniform.
torch::Tensor response(const TensorFunction& firstLayerInput, const std::vector<double>& colour,
                       std::int64_t height, std::int64_t width)
{
    const auto channels = static_cast<std::int64_t>(colour.size());
    const torch::Tensor image = torch::tensor(colour, torch::kFloat64)
                                    .to(torch::kFloat32)
                                    .view({1, channels, 1, 1})
                                    .expand({1, channels, height, width});
    const torch::Tensor seen = firstLayerInput(image.contiguous()).to(torch::kFloat64);
    const bool shaped = (seen.dim() == 4 && seen.size(1) == channels) ||
                        (seen.dim() == 2 && seen.size(1) == channels * height * width);
    if (!shaped || seen.size(0) != 1 || seen.numel() == 0)
        return {};
    const torch::Tensor planes = seen.reshape({channels, -1});
    const torch::Tensor spread = planes.amax(1) - planes.amin(1);
    const double allowed = kTolerance * (1 + planes.abs().max().item<double>());
    return spread.max().item<double>() <= allowed ? planes.mean(1) : torch::Tensor();
}

} // namespace

std::optional<NormalisationCandidate> insideNormalisation(const TensorFunction& firstLayerInput,
                                                          std::int64_t channels, std::int64_t height,
                                                          std::int64_t width)
{
    const torch::NoGradGuard off;
    const auto size = static_cast<std::size_t>(channels);
    const torch::Tensor dark = response(firstLayerInput, std::vector<double>(size, 0.0), height, width);
    if (!dark.defined())
        return std::nullopt;
    NormalisationCandidate inside{.name = "inside", .mean = {}, .stddev = {}};
    std::vector<std::int64_t> places;
    for (std::size_t c = 0; c < size; ++c) {
        std::vector<double> colour(size, 0.0);
        torch::Tensor rises[2];
        for (const int step : {0, 1}) {
            colour[c] = step == 0 ? 0.5 : 1.0;
            const torch::Tensor seen = response(firstLayerInput, colour, height, width);
            if (!seen.defined())
                return std::nullopt;
            rises[step] = (seen - dark) / colour[c];
        }
        const double gain = rises[1].max().item<double>();
        const std::int64_t place = rises[1].argmax().item<std::int64_t>();
        // Each channel goes to one place, in proportion, and to no other.
        const bool plain = gain > 0 &&
                           (rises[1] - rises[0]).abs().max().item<double>() <= kTolerance * gain &&
                           std::abs(rises[1].abs().sum().item<double>() - gain) <= kTolerance * gain;
        if (!plain)
            return std::nullopt;
        places.push_back(place);
        inside.stddev.push_back(1 / gain);
        inside.mean.push_back(-dark[place].item<double>() / gain);
    }
    const bool kept = std::is_sorted(places.begin(), places.end());
    inside.bgr = channels > 1 && std::is_sorted(places.rbegin(), places.rend());
    if (!kept && !inside.bgr)
        return std::nullopt;
    if (inside.bgr) {
        std::reverse(inside.mean.begin(), inside.mean.end());
        std::reverse(inside.stddev.begin(), inside.stddev.end());
    }
    return inside;
}

bool isIdentity(const NormalisationCandidate& candidate)
{
    const auto near = [](double value, double expected) { return std::abs(value - expected) <= kTolerance; };
    return !candidate.bgr && candidate.scale == 1 &&
           std::ranges::all_of(candidate.mean, [&](double value) { return near(value, 0); }) &&
           std::ranges::all_of(candidate.stddev, [&](double value) { return near(value, 1); });
}

bool takesBytes(const NormalisationCandidate& inside)
{
    constexpr double kDozens = 10;
    const double largest = std::max(std::ranges::max(inside.mean), std::ranges::max(inside.stddev));
    return largest > kDozens;
}

} // namespace assay::models
