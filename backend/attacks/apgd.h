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
    double rho = 0.75; ///< not used in L1
    /// On the surface of the ball: for L-inf a uniform draw scaled to largest entry eps, for L2 a normal draw
    /// scaled to norm eps, for L1 a normal draw projected. Off, it starts at the image.
    bool randomStart = true;
    /// L1 only: three tenths of the steps in 3 eps, three in 2 eps and the rest in eps, each part from the
    /// best point of the one before, projected. Only the last part's examples count. Fewer than five steps
    /// are all made in eps.
    bool shrinkingRadius = false;
};

/// The iterations after which APGD looks back, ascending and below or equal to @p steps: ceil(p_j N) of the
/// paper with p_0 = 0, p_1 = 0.22, p_{j+1} = p_j + max(p_j - p_{j-1} - 0.03, 0.06), in the whole numbers of
/// the authors' code: periods max(int(0.22 N), 1), each shorter by max(int(0.03 N), 1), at least max(int(0.06
/// N), 1).
std::vector<int> apgdCheckpoints(int steps);
/// Those of L1: every max(int(0.04 N), 1) iterations.
std::vector<int> apgdSparseCheckpoints(int steps);

/// Auto-PGD (Croce and Hein 2020, arXiv 2003.01690, algorithm 1): ascent with momentum 0.75 and a step size
/// that starts at 2 eps and is halved per sample, with a return to the best point, at checkpoints where the
/// loss rose in at most rho of the iterations since the last one, or where neither step nor best loss have
/// changed since. Every number follows the authors' code, except that the first comparison of the first
/// period is with the loss at the start, as in the paper (their code compares with zero there). The result is
/// the fooling iterate of the highest loss; the iterate of the highest loss where none fools. Budget::steps
/// are the iterations (100 in the paper), Budget::stepSize is not used. For models of fewer classes than a
/// loss needs (three; four for DlrTargeted) the margin takes its place.
///
/// In L1 it is l1-APGD (Croce and Hein 2021, arXiv 2103.01208): steps of eps along the signs of the largest
/// entries of the gradient, without momentum, projected exactly onto the ball cut with the box (l1_box.h). A
/// step changes a fifth of the entries at first, and from the first checkpoint on two thirds of those in
/// which the best point differs from the image. At a checkpoint where the best point changes fewer than 0.95
/// times as many entries as at the one before, the step is eps again and goes on from the best point; else it
/// is divided by 1.5, down to eps / 10. Numbers are those of the authors' code. There coordinates that
/// rounding keeps off the image count as changed; here they are the image's, to the bit.
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
