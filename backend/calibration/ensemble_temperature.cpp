#include "backend/calibration/ensemble_temperature.h"

#include "backend/calibration/minimise.h"
#include "backend/calibration/parameter_fields.h"
#include "backend/calibration/temperature.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace assay::calibration {

namespace {

using Weights = std::array<double, 3>;

constexpr double kLeastOrder = 1e-6; ///< of a1 + a2

class EnsembleTemperature : public Calibrator
{
public:
    EnsembleTemperature(std::int64_t classes, double temperature, const Weights& weights)
        : Calibrator("ensemble-temperature", classes, true)
        , m_temperature(temperature)
        , m_weights(weights)
    {}
    Json parameters() const override { return {{"temperature", m_temperature}, {"weights", m_weights}}; }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override
    {
        return m_weights[0] * (logits / m_temperature).softmax(1) + m_weights[1] * logits.softmax(1) +
               m_weights[2] / static_cast<double>(classes());
    }

    double m_temperature;
    Weights m_weights;
};

double parabola(const std::array<double, 9>& q, const Weights& c, const Weights& a)
{
    double value = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        value -= 2 * c[i] * a[i];
        for (std::size_t j = 0; j < 3; ++j)
            value += a[i] * q[3 * i + j] * a[j];
    }
    return value;
}

/// Where the parabola is level between corners i and j; nothing where it is so nowhere.
void tryEdge(const std::array<double, 9>& q, const Weights& c, std::size_t i, std::size_t j,
             std::vector<Weights>& candidates)
{
    // a = (1 - t) e_i + t e_j
    const double bend = q[4 * i] - 2 * q[3 * i + j] + q[4 * j];
    const double slope = q[3 * i + j] - q[4 * i] - c[j] + c[i]; // half the derivative at t = 0
    const double t = -slope / bend;
    if (bend > 0 && t > 0 && t < 1) {
        Weights a{};
        a[i] = 1 - t;
        a[j] = t;
        candidates.push_back(a);
    }
}

void tryInside(const std::array<double, 9>& q, const Weights& c, std::vector<Weights>& candidates)
{
    // a = (1 - s - t, s, t); two linear equations for s and t.
    const double ss = q[0] - 2 * q[1] + q[4], tt = q[0] - 2 * q[2] + q[8], st = q[0] - q[1] - q[2] + q[5];
    const double bs = q[0] - q[1] + c[1] - c[0], bt = q[0] - q[2] + c[2] - c[0];
    const double determinant = ss * tt - st * st;
    if (!(determinant > 0))
        return;
    const double s = (bs * tt - bt * st) / determinant, t = (bt * ss - bs * st) / determinant;
    if (s > 0 && t > 0 && s + t < 1)
        candidates.push_back({1 - s - t, s, t});
}

/// Softmax at T, softmax, and 1 / C: the three that are mixed.
std::array<torch::Tensor, 3> membersOf(const FitSet& set, double temperature)
{
    return {(set.logits() / temperature).softmax(1), set.logits().softmax(1),
            torch::full_like(set.logits(), 1.0 / static_cast<double>(set.classes()))};
}

Weights leastSquareWeights(const FitSet& set, const std::array<torch::Tensor, 3>& members)
{
    const torch::Tensor truth = set.truth();
    const double scale = 1.0 / static_cast<double>(truth.numel());
    std::array<double, 9> q{};
    Weights c{};
    for (std::size_t i = 0; i < 3; ++i) {
        c[i] = (members[i] * truth).sum().item<double>() * scale;
        for (std::size_t j = 0; j < 3; ++j)
            q[3 * i + j] = (members[i] * members[j]).sum().item<double>() * scale;
    }
    return leastOnTriangle(q, c);
}

Weights likeliestWeights(const FitSet& set, const std::array<torch::Tensor, 3>& members)
{
    const torch::Tensor index = set.labels().unsqueeze(1);
    std::array<torch::Tensor, 3> picked;
    for (std::size_t k = 0; k < 3; ++k)
        picked[k] = members[k].gather(1, index).contiguous();
    const double n = static_cast<double>(set.size());
    // With the sum added instead of held at 1, the least value over all a >= 0 has the sum 1: a box is
    // enough.
    const Objective objective = [&](std::span<const double> a, std::span<double> gradient) {
        double value = a[0] + a[1] + a[2];
        std::fill(gradient.begin(), gradient.end(), 1.0);
        for (std::int64_t i = 0; i < set.size(); ++i) {
            double p = 0;
            for (std::size_t k = 0; k < 3; ++k)
                p += a[k] * picked[k].data_ptr<double>()[i];
            value -= std::log(p) / n;
            for (std::size_t k = 0; k < 3; ++k)
                gradient[k] -= picked[k].data_ptr<double>()[i] / (p * n);
        }
        return value;
    };
    // Inside the triangle, where no likelihood is 0; a corner may have some.
    const double infinity = std::numeric_limits<double>::infinity();
    const Minimum minimum = minimise(objective, {0.8, 0.1, 0.1}, {{0, 0, 0}, {infinity, infinity, infinity}});
    const double sum = minimum.x[0] + minimum.x[1] + minimum.x[2];
    return {minimum.x[0] / sum, minimum.x[1] / sum, minimum.x[2] / sum};
}

std::unique_ptr<Calibrator> fitEnsemble(const FitSet& set, const FitOptions& options)
{
    const double temperature = fitTemperature(set, options.loss);
    const auto members = membersOf(set, temperature);
    Weights weights =
        options.loss == Loss::Mse ? leastSquareWeights(set, members) : likeliestWeights(set, members);
    if (weights[0] + weights[1] < kLeastOrder)
        weights = {kLeastOrder, 0, 1 - kLeastOrder};
    return std::make_unique<EnsembleTemperature>(set.classes(), temperature, weights);
}

std::unique_ptr<Calibrator> loadEnsemble(const Json& parameters, std::int64_t classes)
{
    const std::vector<double> weights = requiredReals(parameters, "weights", 3);
    checkReals(weights, "weights", 0, 1);
    if (std::abs(weights[0] + weights[1] + weights[2] - 1) > 1e-9 || weights[2] > 1 - kLeastOrder / 2)
        throw Error("'weights' must sum to 1, and not all on the last");
    return std::make_unique<EnsembleTemperature>(classes, requiredPositive(parameters, "temperature"),
                                                 Weights{weights[0], weights[1], weights[2]});
}

} // namespace

std::array<double, 3> leastOnTriangle(const std::array<double, 9>& q, const std::array<double, 3>& c)
{
    std::vector<Weights> candidates = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    tryEdge(q, c, 0, 1, candidates);
    tryEdge(q, c, 0, 2, candidates);
    tryEdge(q, c, 1, 2, candidates);
    tryInside(q, c, candidates);
    return *std::min_element(candidates.begin(), candidates.end(), [&](const Weights& a, const Weights& b) {
        return parabola(q, c, a) < parabola(q, c, b);
    });
}

CalibratorKind ensembleTemperatureKind()
{
    return {.id = "ensemble-temperature",
            .title = "Ensemble temperature scaling",
            .reference = "Zhang et al. 2020, Mix-n-Match",
            .preservesAccuracy = true,
            .fit = fitEnsemble,
            .load = loadEnsemble};
}

} // namespace assay::calibration
