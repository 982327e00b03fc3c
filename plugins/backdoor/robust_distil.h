#pragma once

#include "backend/models/model.h"
#include "backend/protocol/json.h"
#include "backend/training/trainer.h"

#include <torch/types.h>

#include <memory>

namespace assay::backdoor {

/// How a student learns from a teacher (Hinton et al. 2015, with the numbers of Struppek et al. 2023).
struct RobustDistillation
{
    double temperature = 10; ///< tau, above 0
    double alpha = 0.5;      ///< weight of the teacher's answers, in [0,1]; 0: labels only
    /// The labels' part on log softmax(S / tau), as the released code has it, instead of plain cross-entropy.
    bool temperedLabels = false;
};

/// alpha tau^2 KL(softmax(T / tau) || softmax(S / tau)) + (1 - alpha) CE(S, y), the divergence summed over
/// the classes and averaged over the batch ("batchmean"). Differentiable in @p student.
/// @param student,teacher logits, float32 [n,K]. @param y int64 [n].
torch::Tensor distillationLoss(const torch::Tensor& student, const torch::Tensor& teacher,
                               const torch::Tensor& y, const RobustDistillation& how);

/// The same as the loss of a training: the teacher, in eval mode, is asked about the very images that the
/// student sees. @param teacher on the device of the training.
training::BatchLoss distilling(std::shared_ptr<const models::Model> teacher, const RobustDistillation& how);

/// What tells one such loss from another in cache keys.
Json distillationKey(const models::Model& teacher, const RobustDistillation& how);

} // namespace assay::backdoor
