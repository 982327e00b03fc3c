#pragma once

#include "backend/attacks/attack_task.h"

namespace assay::attacks {

struct CarliniWagnerOptions
{
    int searchSteps = 9; ///< values of c tried per sample
    double learningRate = 0.01;
    double initialConst = 1e-3;
    double confidence = 0; ///< kappa: the margin that an example must have
    bool abortEarly = true;
};

/// Carlini and Wagner's L2 attack (2017, arXiv 1608.04644, section VI): Adam on w, x' = (tanh(w) + 1) / 2,
/// against
///     ||x' - x||_2^2 + c max(z_y - max_{i != y} z_i + kappa, 0)        (targeted: max_{i != t} z_i - z_t)
/// with a binary search over c per sample, from 1e-3 and times 10 until an example is found. Numbers as in
/// the authors' code; Budget::steps are Adam's iterations for each c (10000 there; 1000 in most libraries).
/// Differs: descent is abandoned early for each sample by its own loss (theirs watches the sum over the
/// batch), so that samples do not depend on each other: at every tenth of the steps, where it is above 0.9999
/// of what it was. And with kappa > 0 an untargeted example must beat the label by kappa; their code lowers
/// the label instead. It looks for the smallest perturbation without regard to budget.eps; what is found
/// counts as AttackTask::settle() says. With Context::stopWhenFooled a sample is done when an example lies
/// within eps.
class CarliniWagner final : public TaskAttack
{
public:
    explicit CarliniWagner(std::string name, const CarliniWagnerOptions& options = {});

protected:
    std::int64_t imageSteps(const Source& source, const Budget& budget,
                            const Context& context) const override;
    void attackTask(AttackTask& task) const override;

private:
    CarliniWagnerOptions m_options;
};

} // namespace assay::attacks
