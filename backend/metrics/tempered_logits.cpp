#include "backend/metrics/tempered_logits.h"

#include "backend/metrics/score_checks.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <utility>

namespace assay::metrics {

TemperedLogits::TemperedLogits(const torch::Tensor& logits, const torch::Tensor& labels)
{
    const torch::Tensor plain = checkedScores(logits, "logits");
    const torch::Tensor checked = checkedLabels(labels, plain.size(0), plain.size(1));
    m_size = plain.size(0);
    m_classes = plain.size(1);
    if (m_size == 0)
        throw Error("calibration is asked of no samples; it needs at least one");
    const std::int64_t blocks = (m_size + kTemperedRows - 1) / kTemperedRows;
    m_blocks.assign(static_cast<std::size_t>(blocks * (m_classes + 1) * kTemperedRows), 0.0f);
    m_correct.resize(static_cast<std::size_t>(m_size));
    const torch::Tensor narrow = plain.to(torch::kFloat32);
    lay(narrow.data_ptr<float>(), checked.data_ptr<std::int64_t>());
}

void TemperedLogits::lay(const float* logits, const std::int64_t* labels)
{
    for (std::int64_t i = 0; i < m_size; ++i, logits += m_classes) {
        const std::int64_t best = std::max_element(logits, logits + m_classes) - logits;
        float* to = m_blocks.data() + i / kTemperedRows * (m_classes + 1) * kTemperedRows + i % kTemperedRows;
        *to = logits[best];
        for (std::int64_t k = 0; k < m_classes; ++k) {
            if (k != best)
                *(to += kTemperedRows) = logits[k];
        }
        to[kTemperedRows] = logits[labels[i]];
        m_correct[static_cast<std::size_t>(i)] = best == labels[i];
        m_labelGap += static_cast<double>(logits[best]) - logits[labels[i]];
    }
}

TemperedConfidences TemperedLogits::at(double temperature, std::vector<double> buffer) const
{
    static const TemperedKernel best = runnableTemperedKernels().front();
    return at(temperature, best, std::move(buffer));
}

TemperedConfidences TemperedLogits::at(double temperature, const TemperedKernel& kernel,
                                       std::vector<double> buffer) const
{
    if (!(temperature > 0 && std::isfinite(temperature)))
        throw Error("a temperature must be a number greater than 0; given was " +
                    std::to_string(temperature));
    const std::int64_t blocks = (m_size + kTemperedRows - 1) / kTemperedRows;
    TemperedConfidences result{.confidence = std::move(buffer)};
    result.confidence.resize(static_cast<std::size_t>(blocks * kTemperedRows));
    std::vector<TemperedSums> sums(static_cast<std::size_t>(blocks));
    const auto compute = [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t b = from; b < to; ++b)
            sums[static_cast<std::size_t>(b)] =
                kernel.block(m_blocks.data() + b * (m_classes + 1) * kTemperedRows, m_classes,
                             1 / temperature, std::min(kTemperedRows, m_size - b * kTemperedRows),
                             result.confidence.data() + b * kTemperedRows);
    };
    {
        const std::jthread other(compute, 0, blocks / 2);
        compute(blocks / 2, blocks);
    }
    result.confidence.resize(static_cast<std::size_t>(m_size));
    double logSum = 0;
    for (const TemperedSums& block : sums) {
        logSum += block.logSum;
        result.brier += block.brier;
    }
    result.nll = (logSum + m_labelGap / temperature) / static_cast<double>(m_size);
    result.brier /= static_cast<double>(m_size);
    return result;
}

} // namespace assay::metrics
