#include "plugins/backdoor/detect_strip.h"

#include "backend/models/predict.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

namespace {

/// Images with overlays that are asked about at once.
constexpr std::int64_t kStripBatch = 4000;

} // namespace

torch::Tensor stripEntropy(const torch::Tensor& p)
{
    const torch::Tensor wide = p.to(torch::kFloat64);
    // 0 log 0 is 0.
    return torch::xlogy(wide, wide).sum(2).mean(1) / -std::log(2.0);
}

StripDetector::StripDetector(const models::Model& model, const DetectReference& reference,
                             StripOptions options, std::function<void()> checkpoint)
    : m_model(model)
    , m_overlays(reference.x.narrow(0, 0, std::min(options.overlays, reference.x.size(0))))
    , m_options(options)
    , m_checkpoint(std::move(checkpoint))
{}

torch::Tensor StripDetector::scores(const DetectQueries& queries)
{
    const std::int64_t o = m_overlays.size(0), n = queries.size();
    const std::int64_t atOnce = std::max<std::int64_t>(1, kStripBatch / o);
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < n; first += atOnce) {
        m_checkpoint();
        const torch::Tensor some = queries.x.narrow(0, first, std::min(atOnce, n - first)).unsqueeze(1);
        torch::Tensor mixed = some + m_overlays.unsqueeze(0);
        mixed = m_options.add ? mixed.clamp_(0, 1) : mixed.mul_(0.5);
        const torch::Tensor logits = models::logitsChunked(m_model, mixed.flatten(0, 1));
        parts.push_back(stripEntropy(logits.view({some.size(0), o, -1}).softmax(2)));
    }
    return parts.empty() ? torch::empty({0}, torch::kFloat64) : -torch::cat(parts).cpu();
}

} // namespace assay::backdoor
