#include "backend/calibration/fit_set.h"

#include "backend/metrics/score_checks.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <string>

namespace assay::calibration {

FitSet::FitSet(const torch::Tensor& logits, const torch::Tensor& labels)
    : m_logits(metrics::checkedScores(logits, "logits"))
    , m_labels(metrics::checkedLabels(labels, m_logits.size(0), m_logits.size(1)))
{
    if (size() == 0)
        throw Error("a calibrator cannot be fitted on no samples", "", "Give samples with labels");
    if ((m_labels == m_labels[0]).all().item<bool>())
        throw Error("all samples have the label " + std::to_string(m_labels[0].item<std::int64_t>()) +
                        "; a calibrator is fitted on samples of at least two classes",
                    "", "Give samples of more classes");
}

torch::Tensor FitSet::truth() const
{
    return torch::zeros_like(m_logits).scatter_(1, m_labels.unsqueeze(1), 1.0);
}

} // namespace assay::calibration
