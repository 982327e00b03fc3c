#include "plugins/backdoor/robust_distil.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::backdoor {

torch::Tensor distillationLoss(const torch::Tensor& student, const torch::Tensor& teacher,
                               const torch::Tensor& y, const RobustDistillation& how)
{
    const double tau = how.temperature;
    const torch::Tensor softStudent = torch::log_softmax(student / tau, 1);
    const torch::Tensor labels =
        torch::nll_loss(how.temperedLabels ? softStudent : torch::log_softmax(student, 1), y);
    if (how.alpha == 0)
        return labels;
    const torch::Tensor softTeacher = torch::log_softmax(teacher / tau, 1);
    const torch::Tensor divergence =
        (softTeacher.exp() * (softTeacher - softStudent)).sum() / static_cast<double>(student.size(0));
    // Gradients of the softened answers are smaller by tau^2: so much is put back.
    return how.alpha * tau * tau * divergence + (1 - how.alpha) * labels;
}

training::BatchLoss distilling(std::shared_ptr<const models::Model> teacher, const RobustDistillation& how)
{
    return [teacher = std::move(teacher), how](const torch::Tensor& x, const torch::Tensor& logits,
                                               const torch::Tensor& y) {
        torch::Tensor answers;
        if (how.alpha != 0) {
            const torch::NoGradGuard off;
            answers = teacher->logits(x);
        }
        return distillationLoss(logits, answers, y, how);
    };
}

Json distillationKey(const models::Model& teacher, const RobustDistillation& how)
{
    Json key = {{"what", "distillation"},
                {"alpha", how.alpha},
                {"temperature", how.temperature},
                {"tempered_labels", how.temperedLabels}};
    if (how.alpha != 0)
        key["teacher"] = teacher.card().sha256;
    return key;
}

} // namespace assay::backdoor
