#include "backend/calibration/sigmoid_scaling.h"

#include "backend/calibration/logits.h"
#include "backend/calibration/minimise.h"
#include "backend/calibration/parameter_fields.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace assay::calibration {

namespace {

constexpr double kCurveBound = 1000;

/// ln sigma(x), without overflow.
torch::Tensor logSigmoid(const torch::Tensor& x)
{
    return x.clamp_max(0) - (-x.abs()).exp().log1p();
}

/// sigma(first * u + second * v + offset) per class; Platt's has u = ln p - ln(1-p) and second = 0.
class SigmoidScaling : public Calibrator
{
public:
    /// @param curves for each class: first, second, offset.
    SigmoidScaling(bool beta, std::vector<double> first, std::vector<double> second,
                   std::vector<double> offset)
        : Calibrator(beta ? "beta" : "platt", static_cast<std::int64_t>(first.size()), false)
        , m_beta(beta)
        , m_first(std::move(first))
        , m_second(std::move(second))
        , m_offset(std::move(offset))
    {}

    Json parameters() const override
    {
        if (m_beta)
            return {{"a", m_first}, {"b", m_second}, {"c", m_offset}};
        return {{"slopes", m_first}, {"intercepts", m_offset}};
    }

private:
    torch::Tensor probabilities(const torch::Tensor& logits) const override
    {
        const LogProbabilities logarithms = logProbabilities(logits);
        const torch::Tensor a = torch::tensor(m_first, torch::kFloat64);
        const torch::Tensor b = m_beta ? torch::tensor(m_second, torch::kFloat64) : a;
        const torch::Tensor c = torch::tensor(m_offset, torch::kFloat64);
        // Scaled to sum 1 by their logarithms: all C may round to 0.
        return logSigmoid(a * logarithms.is - b * logarithms.isNot + c).softmax(1);
    }

    bool m_beta;
    std::vector<double> m_first;
    std::vector<double> m_second; ///< empty for Platt's
    std::vector<double> m_offset;
};

/// One class's samples: features, and the target of each.
struct CurveData
{
    std::vector<std::vector<double>> features;
    std::vector<double> targets;
};

/// Mean logistic loss of sigma(w . features + w_last); rises by |x| at most, hence never overflows.
double curveLoss(const CurveData& data, std::span<const double> w, std::span<double> gradient)
{
    const std::size_t features = data.features.size(), n = data.targets.size();
    double sum = 0;
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        double x = w[features];
        for (std::size_t k = 0; k < features; ++k)
            x += w[k] * data.features[k][i];
        const double small = std::exp(-std::abs(x));
        sum += std::max(x, 0.0) + std::log1p(small) - data.targets[i] * x;
        const double off = (x >= 0 ? 1 / (1 + small) : small / (1 + small)) - data.targets[i];
        for (std::size_t k = 0; k < features; ++k)
            gradient[k] += off * data.features[k][i] / static_cast<double>(n);
        gradient[features] += off / static_cast<double>(n);
    }
    return sum / static_cast<double>(n);
}

std::vector<double> columnOf(const torch::Tensor& values, std::int64_t column)
{
    const torch::Tensor plain = values.select(1, column).contiguous();
    return {plain.data_ptr<double>(), plain.data_ptr<double>() + plain.numel()};
}

/// Platt 1999: what an infinite sample of the same kind would still leave open.
void smoothTargets(std::vector<double>& targets)
{
    double positive = 0;
    for (const double target : targets)
        positive += target;
    const double negative = static_cast<double>(targets.size()) - positive;
    for (double& target : targets)
        target = target > 0 ? (positive + 1) / (positive + 2) : 1 / (negative + 2);
}

std::unique_ptr<Calibrator> fitPlatt(const FitSet& set, const FitOptions&)
{
    const LogProbabilities logarithms = logProbabilities(set.logits());
    const torch::Tensor truth = set.truth(), scores = logarithms.is - logarithms.isNot;
    std::vector<double> slopes, intercepts;
    for (std::int64_t k = 0; k < set.classes(); ++k) {
        CurveData data{.features = {columnOf(scores, k)}, .targets = columnOf(truth, k)};
        smoothTargets(data.targets);
        const Minimum minimum =
            minimise([&](std::span<const double> w,
                         std::span<double> gradient) { return curveLoss(data, w, gradient); },
                     {1, 0});
        slopes.push_back(minimum.x[0]);
        intercepts.push_back(minimum.x[1]);
    }
    return std::make_unique<SigmoidScaling>(false, slopes, std::vector<double>{}, intercepts);
}

std::unique_ptr<Calibrator> fitBeta(const FitSet& set, const FitOptions&)
{
    const LogProbabilities logarithms = logProbabilities(set.logits());
    const torch::Tensor truth = set.truth(), negated = -logarithms.isNot;
    const Box box{.lower = {0, 0, -kCurveBound}, .upper = {kCurveBound, kCurveBound, kCurveBound}};
    std::vector<double> a, b, c;
    for (std::int64_t k = 0; k < set.classes(); ++k) {
        const CurveData data{.features = {columnOf(logarithms.is, k), columnOf(negated, k)},
                             .targets = columnOf(truth, k)};
        const Minimum minimum =
            minimise([&](std::span<const double> w,
                         std::span<double> gradient) { return curveLoss(data, w, gradient); },
                     {1, 1, 0}, box);
        a.push_back(minimum.x[0]);
        b.push_back(minimum.x[1]);
        c.push_back(minimum.x[2]);
    }
    return std::make_unique<SigmoidScaling>(true, a, b, c);
}

std::unique_ptr<Calibrator> loadPlatt(const Json& parameters, std::int64_t classes)
{
    return std::make_unique<SigmoidScaling>(false, requiredReals(parameters, "slopes", classes),
                                            std::vector<double>{},
                                            requiredReals(parameters, "intercepts", classes));
}

std::unique_ptr<Calibrator> loadBeta(const Json& parameters, std::int64_t classes)
{
    const std::vector<double> a = requiredReals(parameters, "a", classes),
                              b = requiredReals(parameters, "b", classes);
    checkReals(a, "a", 0, kCurveBound);
    checkReals(b, "b", 0, kCurveBound);
    return std::make_unique<SigmoidScaling>(true, a, b, requiredReals(parameters, "c", classes));
}

} // namespace

CalibratorKind plattKind()
{
    return {.id = "platt",
            .title = "Platt scaling, one-vs-all",
            .reference = "Platt 1999, Probabilistic Outputs for Support Vector Machines",
            .preservesAccuracy = false,
            .fit = fitPlatt,
            .load = loadPlatt};
}

CalibratorKind betaKind()
{
    return {.id = "beta",
            .title = "Beta calibration, one-vs-all",
            .reference = "Kull et al. 2017, Beta calibration",
            .preservesAccuracy = false,
            .fit = fitBeta,
            .load = loadBeta};
}

} // namespace assay::calibration
