#pragma once

#include "backend/attacks/attack_task.h"

namespace assay::attacks {

struct FabOptions
{
    /// Untargeted: the nearest of all boundaries, K - 1 backward passes an iteration. Targeted ("FAB-T"): the
    /// boundary to one class after the other, one backward pass.
    bool targeted = false;
    int targetClasses = 9; ///< as ApgdOptions::targetClasses
    int restarts = 1;      ///< the first starts at the image, others within eps / 2 of it
    double alphaMax = 0.1;
    double eta = 1.05; ///< overshoot over the boundary
    double beta = 0.9; ///< how far back towards the image from an example found
};

/// Fast Adaptive Boundary attack (Croce and Hein 2020, arXiv 1907.02044, algorithm 1), with the numbers of
/// the form in AutoAttack: no final search along the segment. It looks for the smallest perturbation:
/// budget.eps is used for random starts and for when a sample is done (an example within eps; it takes no
/// part in later restarts and classes). The example found counts as AttackTask::settle() says: as it is
/// within eps, else projected. With Context::target the boundary is that between the target and the best
/// other class at the iterate; the original has no such form. Budget::steps are the iterations (100 in
/// AutoAttack); Budget::stepSize is not used.
class Fab final : public TaskAttack
{
public:
    explicit Fab(std::string name, const FabOptions& options = {});

protected:
    std::int64_t imageSteps(const Source& source, const Budget& budget,
                            const Context& context) const override;
    void attackTask(AttackTask& task) const override;

private:
    FabOptions m_options;
};

} // namespace assay::attacks
