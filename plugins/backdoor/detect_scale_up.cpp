#include "plugins/backdoor/detect_scale_up.h"

#include "backend/models/predict.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

namespace assay::backdoor {

namespace {

constexpr double kLeastScaleDeviation = 1e-3; ///< where all references agree

} // namespace

torch::Tensor scaledConsistency(const torch::Tensor& own, const torch::Tensor& classes)
{
    return classes.eq(own.unsqueeze(0)).to(torch::kFloat64).mean(0);
}

ScaleUpDetector::ScaleUpDetector(const models::Model& model, const DetectReference& reference,
                                 ScaleUpOptions options)
    : m_model(model)
    , m_options(std::move(options))
{
    if (!m_options.normalise)
        return;
    const auto [shares, own] = consistency(reference.x);
    m_mean = torch::full({model.classCount()}, shares.mean().item<double>(), torch::kFloat64);
    m_deviation = torch::full({model.classCount()}, shares.std(0, false).item<double>(), torch::kFloat64);
    for (std::int64_t c = 0; c < model.classCount(); ++c) {
        const torch::Tensor ofClass = shares.masked_select(own.eq(c));
        if (ofClass.numel() < 2)
            continue;
        m_mean[c] = ofClass.mean();
        m_deviation[c] = ofClass.std(0, false);
    }
    m_deviation.clamp_min_(kLeastScaleDeviation);
}

std::pair<torch::Tensor, torch::Tensor> ScaleUpDetector::consistency(const torch::Tensor& x) const
{
    const torch::Tensor own = models::logitsChunked(m_model, x).argmax(1);
    std::vector<torch::Tensor> classes;
    for (const double factor : m_options.factors)
        classes.push_back(models::logitsChunked(m_model, (x * factor).clamp_(0, 1)).argmax(1));
    return {scaledConsistency(own.cpu(), torch::stack(classes).cpu()), own.cpu()};
}

torch::Tensor ScaleUpDetector::scores(const DetectQueries& queries)
{
    const auto [shares, own] = consistency(queries.x);
    if (!m_options.normalise)
        return shares;
    return (shares - m_mean.index_select(0, own)) / m_deviation.index_select(0, own);
}

} // namespace assay::backdoor
