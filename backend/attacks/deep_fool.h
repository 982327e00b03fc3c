#pragma once

#include "backend/attacks/attack_task.h"

namespace assay::attacks {

struct DeepFoolOptions
{
    double overshoot = 0.02;
    int candidates =
        10; ///< classes looked at: those of the largest logits at the image, the label among them
};

/// DeepFool (Moosavi-Dezfooli, Fawzi and Frossard 2016, arXiv 1511.04599, algorithm 2; L-inf: section 3.3):
/// steps to the nearest boundary of the linearised classifier until the class changes, Budget::steps of them
/// at most (50 in the paper). As in the authors' code every step is longer by 1e-4 and the sum of steps is
/// stretched by 1 + overshoot; as in Foolbox 3 the images asked about are clipped to [0,1], and the sum of
/// steps is not. It looks for a
/// small perturbation without regard to budget.eps; what is found counts as AttackTask::settle() says.
/// Untargeted only. Budget::stepSize is not used.
class DeepFool final : public TaskAttack
{
public:
    explicit DeepFool(std::string name, const DeepFoolOptions& options = {});

protected:
    std::int64_t imageSteps(const Source& source, const Budget& budget,
                            const Context& context) const override;
    void check(const Source& source, const Context& context) const override;
    void attackTask(AttackTask& task) const override;

private:
    DeepFoolOptions m_options;
};

} // namespace assay::attacks
