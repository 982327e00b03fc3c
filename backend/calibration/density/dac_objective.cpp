#include "backend/calibration/density/dac_objective.h"

#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::calibration {

namespace {

constexpr double kLogFloor = 1e-12;
constexpr std::int64_t kChunkValues = 1 << 18; ///< probabilities a thread computes at a time

/// p = softmax(z / s); the largest quotient is taken away first, so that nothing overflows.
void softmax(std::span<const double> z, double s, std::vector<double>& p)
{
    const double most = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (std::size_t c = 0; c < z.size(); ++c)
        sum += p[c] = std::exp((z[c] - most) / s);
    for (double& value : p)
        value /= sum;
}

} // namespace

DacObjective::DacObjective(const FitSet& set, const torch::Tensor& scores, Loss loss)
    : m_logits(set.logits())
    , m_labels(set.labels().contiguous())
    , m_scores(scores.to(torch::kFloat64).cpu().contiguous())
    , m_loss(loss)
{
    if (m_scores.dim() != 2 || m_scores.size(0) != set.size())
        throw Error("there must be a row of scores [N,L] for each of the " + std::to_string(set.size()) +
                    " samples");
    if (!m_scores.isfinite().all().item<bool>())
        throw Error("the scores hold values that are not finite");
}

double DacObjective::temperature(std::int64_t sample, std::span<const double> weights) const
{
    const double* score = m_scores.data_ptr<double>() + sample * layers();
    double s = weights.back();
    for (std::int64_t l = 0; l < layers(); ++l)
        s += weights[static_cast<std::size_t>(l)] * score[l];
    return s;
}

void DacObjective::addSample(std::int64_t sample, std::span<const double> weights, std::vector<double>& p,
                             Part& part) const
{
    const std::size_t classes = p.size();
    const std::span<const double> z(m_logits.data_ptr<double>() + sample * m_logits.size(1), classes);
    const auto label = static_cast<std::size_t>(m_labels.data_ptr<std::int64_t>()[sample]);
    const double raw = temperature(sample, weights);
    const double s = std::max(raw, kLeastTemperature);
    softmax(z, s, p);

    double meanLogit = 0;
    for (std::size_t c = 0; c < classes; ++c)
        meanLogit += p[c] * z[c];
    double slope = 0; // of the sample's loss by its temperature
    if (m_loss == Loss::Mse) {
        for (std::size_t c = 0; c < classes; ++c) {
            const double off = p[c] - (c == label ? 1.0 : 0.0);
            part.value += off * off;
            slope -= 2 * off * p[c] * (z[c] - meanLogit) / (s * s);
        }
    } else {
        part.value -= std::log(p[label] + kLogFloor);
        slope = p[label] / (p[label] + kLogFloor) * (z[label] - meanLogit) / (s * s);
    }
    if (!(raw > kLeastTemperature))
        return;
    const double* score = m_scores.data_ptr<double>() + sample * layers();
    for (std::int64_t l = 0; l < layers(); ++l)
        part.gradient[static_cast<std::size_t>(l)] += slope * score[l];
    part.gradient.back() += slope;
}

double DacObjective::value(std::span<const double> weights, std::span<double> gradient) const
{
    const std::int64_t samples = m_logits.size(0);
    const std::int64_t classes = m_logits.size(1);
    const std::int64_t step = std::max<std::int64_t>(1, kChunkValues / classes);
    std::vector<Part> parts(static_cast<std::size_t>((samples + step - 1) / step));
    models::forEachChunk(samples, step, torch::kCPU, [&](std::int64_t first, std::int64_t count) {
        Part& part = parts[static_cast<std::size_t>(first / step)];
        part.gradient.assign(weights.size(), 0.0);
        std::vector<double> p(static_cast<std::size_t>(classes));
        for (std::int64_t i = first; i < first + count; ++i)
            addSample(i, weights, p, part);
    });
    const double scale = 1.0 / static_cast<double>(m_loss == Loss::Mse ? samples * classes : samples);
    double value = 0;
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (const Part& part : parts) {
        value += part.value * scale;
        for (std::size_t l = 0; l < gradient.size(); ++l)
            gradient[l] += part.gradient[l] * scale;
    }
    return value;
}

double DacObjective::clippedFraction(std::span<const double> weights) const
{
    std::int64_t clipped = 0;
    for (std::int64_t i = 0; i < m_logits.size(0); ++i)
        clipped += temperature(i, weights) > kLeastTemperature ? 0 : 1;
    return static_cast<double>(clipped) / static_cast<double>(m_logits.size(0));
}

} // namespace assay::calibration
