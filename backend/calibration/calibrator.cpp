#include "backend/calibration/calibrator.h"

#include "backend/calibration/logits.h"
#include "backend/metrics/score_checks.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <string>

namespace assay::calibration {

torch::Tensor Calibrator::apply(const torch::Tensor& logits) const
{
    const torch::NoGradGuard guard;
    const torch::Tensor checked = metrics::checkedScores(logits, "logits");
    if (checked.size(1) != m_classes)
        throw Error("the calibrator was fitted for " + std::to_string(m_classes) +
                    " classes; the logits have " + std::to_string(checked.size(1)));
    if (checked.size(0) == 0)
        return torch::empty({0, m_classes}, torch::kFloat64);
    const torch::Tensor result = probabilities(checked).contiguous();
    if (m_preservesAccuracy)
        keepArgmax(result, checked);
    return result;
}

} // namespace assay::calibration
