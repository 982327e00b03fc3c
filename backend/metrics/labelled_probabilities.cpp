#include "backend/metrics/labelled_probabilities.h"

#include "backend/metrics/score_checks.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace assay::metrics {

namespace {

/// What float32 softmax over thousands of classes may be off by, and a distribution of something else not.
constexpr double kRowTolerance = 1e-4;

void checkRows(const torch::Tensor& probabilities)
{
    const torch::Tensor outside = (probabilities < 0).logical_or(probabilities > 1);
    if (outside.any().item<bool>()) {
        const torch::Tensor rows = outside.any(1).nonzero();
        throw Error("probabilities must be from 0 to 1; sample " +
                    std::to_string(rows[0][0].item<std::int64_t>()) + " has one outside");
    }
    const torch::Tensor off = (probabilities.sum(1) - 1).abs() > kRowTolerance;
    if (off.any().item<bool>()) {
        const std::int64_t row = off.nonzero()[0][0].item<std::int64_t>();
        throw Error("probabilities of a sample must sum to 1; those of sample " + std::to_string(row) +
                    " sum to " + std::to_string(probabilities[row].sum().item<double>()));
    }
}

} // namespace

LabelledProbabilities::LabelledProbabilities(torch::Tensor probabilities, torch::Tensor labels)
    : m_probabilities(std::move(probabilities))
    , m_labels(std::move(labels))
{
    const std::int64_t n = size(), c = classes();
    if (n == 0)
        throw Error("calibration is asked of no samples; it needs at least one");
    const double* p = m_probabilities.data_ptr<double>();
    const std::int64_t* label = m_labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < n; ++i, p += c) {
        const std::int64_t best = std::max_element(p, p + c) - p; // the first of equal ones
        m_top.predicted.push_back(best);
        m_top.confidence.push_back(p[best]);
        m_top.correct.push_back(best == label[i]);
    }
}

LabelledProbabilities LabelledProbabilities::fromProbabilities(const torch::Tensor& probabilities,
                                                               const torch::Tensor& labels)
{
    const torch::Tensor plain = checkedScores(probabilities, "probabilities");
    checkRows(plain);
    LabelledProbabilities result(plain, checkedLabels(labels, plain.size(0), plain.size(1)));
    const torch::Tensor picked = plain.gather(1, result.m_labels.unsqueeze(1)).contiguous();
    const double* p = picked.data_ptr<double>();
    for (std::int64_t i = 0; i < result.size(); ++i) {
        result.m_raised += p[i] < kLowestProbability;
        result.m_logLikelihoods.push_back(std::log(std::max(p[i], kLowestProbability)));
    }
    return result;
}

LabelledProbabilities LabelledProbabilities::fromLogits(const torch::Tensor& logits,
                                                        const torch::Tensor& labels)
{
    const torch::Tensor plain = checkedScores(logits, "logits");
    const torch::Tensor checked = checkedLabels(labels, plain.size(0), plain.size(1));
    const torch::Tensor logarithms = plain.log_softmax(1);
    LabelledProbabilities result(logarithms.exp().clamp_max_(1), checked);
    const torch::Tensor picked = logarithms.gather(1, checked.unsqueeze(1)).contiguous();
    result.m_logLikelihoods.assign(picked.data_ptr<double>(), picked.data_ptr<double>() + picked.numel());
    return result;
}

} // namespace assay::metrics
