#include "backend/calibration/density/density_aware_scaling.h"

#include "backend/calibration/density/dac_objective.h"
#include "backend/calibration/minimise.h"
#include "backend/calibration/parameter_fields.h"
#include "backend/calibration/temperature.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace assay::calibration {

namespace {

constexpr double kMostWeight = 1e4;
constexpr double kMostBias = 100;

using Values = std::vector<double>;

/// The scale of each unknown: mean scores of the layers, then 1 for w_0. Products of weight and scale are
/// what is minimised over, so that all unknowns are of the size of a temperature.
Values unknownScales(const torch::Tensor& scores)
{
    Values scales;
    for (std::int64_t l = 0; l < scores.size(1); ++l) {
        const double mean = scores.select(1, l).mean().item<double>();
        scales.push_back(mean > 0 ? mean : 1.0);
    }
    scales.push_back(1);
    return scales;
}

Minimum minimiseScaled(const DacObjective& objective, const Values& scales, Values start)
{
    Box box;
    for (std::size_t i = 0; i < scales.size(); ++i) {
        const bool bias = i + 1 == scales.size();
        box.lower.push_back(bias ? -kMostBias : 0);
        box.upper.push_back(bias ? kMostBias : kMostWeight * scales[i]);
        start[i] = std::clamp(start[i], box.lower[i], box.upper[i]);
    }
    Values weights(scales.size());
    const Objective scaled = [&](std::span<const double> x, std::span<double> gradient) {
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i] = x[i] / scales[i];
        const double value = objective.value(weights, gradient);
        for (std::size_t i = 0; i < weights.size(); ++i)
            gradient[i] /= scales[i];
        return value;
    };
    Minimum minimum = minimise(scaled, std::move(start), box);
    for (std::size_t i = 0; i < scales.size(); ++i)
        minimum.x[i] /= scales[i];
    return minimum;
}

/// Scaled starts, see fitDensityAwareScaling().
std::vector<Values> startingPoints(const Values& scales, double temperature)
{
    const std::size_t layers = scales.size() - 1;
    const auto mixed = [&](double bias) {
        const double each = layers > 0 ? (temperature - bias) / static_cast<double>(layers) : 0;
        Values start(layers, each);
        start.push_back(bias);
        return start;
    };
    if (layers == 0)
        return {scales, {temperature}};
    return {scales, mixed(temperature), mixed(0), mixed(temperature / 2), mixed(-temperature)};
}

Values layerEffects(const torch::Tensor& scores, const Values& weights)
{
    Values effects;
    for (std::int64_t l = 0; l < scores.size(1); ++l)
        effects.push_back(weights[static_cast<std::size_t>(l)] *
                          scores.select(1, l).std(false).item<double>());
    return effects;
}

} // namespace

DensityAwareScaling::DensityAwareScaling(std::vector<double> weights, double bias)
    : m_weights(std::move(weights))
    , m_bias(bias)
{
    for (const double weight : m_weights) {
        if (!std::isfinite(weight) || weight < 0)
            throw Error("weights of layers must be finite and not negative", "weights");
    }
    if (!std::isfinite(m_bias))
        throw Error("the bias must be finite", "bias");
}

torch::Tensor DensityAwareScaling::temperatures(const torch::Tensor& scores) const
{
    const auto layers = static_cast<std::int64_t>(m_weights.size());
    if (scores.dim() != 2 || scores.size(1) != layers)
        throw Error("scores must be [N," + std::to_string(layers) +
                    "]: a column for each layer of the scaling");
    const torch::Tensor s = scores.to(torch::kCPU, torch::kFloat64);
    if (!s.isfinite().all().item<bool>())
        throw Error("the scores hold values that are not finite");
    return s.mv(torch::tensor(m_weights, torch::kFloat64)).add_(m_bias).clamp_min_(kLeastTemperature);
}

torch::Tensor DensityAwareScaling::rescaled(const torch::Tensor& logits, const torch::Tensor& scores) const
{
    if (logits.dim() != 2 || scores.dim() != 2 || logits.size(0) != scores.size(0))
        throw Error("there must be a row of scores [N,L] for each row of logits [N,C]");
    return logits.to(torch::kCPU, torch::kFloat64) / temperatures(scores).unsqueeze(1);
}

Json DensityAwareScaling::parameters() const
{
    Values all = m_weights;
    all.push_back(m_bias);
    return {{"weights", all}};
}

DensityAwareScaling DensityAwareScaling::fromParameters(const Json& parameters)
{
    Values all = requiredReals(parameters, "weights", -1);
    const double bias = all.back();
    all.pop_back();
    return {std::move(all), bias};
}

DacFit fitDensityAwareScaling(const FitSet& set, const torch::Tensor& scores, Loss loss)
{
    const DacObjective objective(set, scores, loss);
    const torch::Tensor plain = scores.to(torch::kCPU, torch::kFloat64);
    const Values scales = unknownScales(plain);
    Minimum best;
    best.value = std::numeric_limits<double>::infinity();
    Values losses;
    for (const Values& start : startingPoints(scales, fitTemperature(set, loss))) {
        Minimum found = minimiseScaled(objective, scales, start);
        losses.push_back(found.value);
        if (found.value < best.value)
            best = std::move(found);
    }
    Values weights(best.x.begin(), best.x.end() - 1);
    return {.scaling = {weights, best.x.back()},
            .loss = best.value,
            .startLosses = losses,
            .effects = layerEffects(plain, weights),
            .clippedFraction = objective.clippedFraction(best.x),
            .iterations = best.iterations,
            .converged = best.converged};
}

} // namespace assay::calibration
