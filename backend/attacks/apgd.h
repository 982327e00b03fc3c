#pragma once

#include "backend/attacks/attack_task.h"

#include <vector>

namespace assay::attacks {

enum class ApgdLoss {
    CrossEntropy,
    Dlr,        ///< equation 6 of the paper; with Context::target as losses.h says
    DlrTargeted ///< equation 7 towards one class after the other: "APGD-T"
};

struct ApgdOptions
{
    ApgdLoss loss = ApgdLoss::CrossEntropy;
    int restarts = 1; ///< tries per sample (and class); whoever is fooled leaves after a try
    /// DlrTargeted without Context::target: the classes tried are those of the largest logits at the clean
    /// image but the first, in this order, so many at most. As in the original the first is skipped whatever
    /// the label is: the attack is made for samples that the model gets right.
    int targetClasses = 9;
    double rho = 0.75;
    /// On the surface of the ball: for L-inf a uniform draw scaled to largest entry eps, for L2 a normal draw
    /// scaled to norm eps. Off, it starts at the image.
    bool randomStart = true;
};

/// The iterations after which APGD looks back, ascending and below or equal to @p steps: ceil(p_j N) of the
/// paper with p_0 = 0, p_1 = 0.22, p_{j+1} = p_j + max(p_j - p_{j-1} - 0.03, 0.06), in the whole numbers of
/// the authors' code: periods max(int(0.22 N), 1), each shorter by max(int(0.03 N), 1), at least max(int(0.06
/// N), 1).
std::vector<int> apgdCheckpoints(int steps);

/// Auto-PGD (Croce and Hein 2020, arXiv 2003.01690, algorithm 1): ascent with momentum 0.75 and a step size
/// that starts at 2 eps and is halved per sample, with a return to the best point, at checkpoints where the
/// loss rose in at most rho of the iterations since the last one, or where neither step nor best loss have
/// changed since. Every number follows the authors' code, except that the first comparison of the first
/// period is with the loss at the start, as in the paper (their code compares with zero there). The result is
/// the fooling iterate of the highest loss; the iterate of the highest loss where none fools. Budget::steps
/// are the iterations (100 in the paper), Budget::stepSize is not used. For models of fewer classes than a
/// loss needs (three; four for DlrTargeted) the margin takes its place.
class Apgd final : public TaskAttack
{
public:
    explicit Apgd(std::string name, const ApgdOptions& options = {});

protected:
    std::int64_t imageSteps(const Source& source, const Budget& budget,
                            const Context& context) const override;
    void attackTask(AttackTask& task) const override;

private:
    ApgdOptions m_options;
};

} // namespace assay::attacks
