#pragma once

#include "backend/attacks/apgd.h"
#include "backend/attacks/random_streams.h"

#include <limits>

namespace assay::attacks {

/// Tries that one sample gets at most.
int apgdTries(const ApgdOptions& options, std::int64_t classes, bool targeted);

/// A part of an attempt: so many iterations in one radius.
struct ApgdPhase
{
    double eps;
    int steps;
};

/// One, of the budget, unless the radius shrinks (see ApgdOptions::shrinkingRadius).
std::vector<ApgdPhase> apgdPhases(const Budget& budget, const ApgdOptions& options);

/// APGD on one group of samples, in one thread. The samples still under attack (the active ones) lie packed.
class ApgdRun
{
public:
    ApgdRun(AttackTask& task, const ApgdOptions& options);
    void run();

private:
    void attempt(int number);
    void start(int number);
    /// From the position, with the iterations before it for reports.
    void climb(const ApgdPhase& phase, int before);
    void enter(const ApgdPhase& phase);
    void move(int t);
    /// move() in L-inf.
    void climbByRows(int t);
    void moveSparsely();
    /// Loss and, unless @p last, gradient at the position; notes what fools and what is best.
    void evaluate(bool last);
    void remember(const torch::Tensor& flags, const torch::Tensor& loss, const torch::Tensor& gradient);
    /// Copies what was best at the step before where it still is. Of an image that gets better with every
    /// step, nothing is.
    void rememberByRows(const torch::Tensor& flags, const torch::Tensor& loss, bool first);
    /// Makes m_best, m_bestGradient and m_fooling whole.
    void copyBest();
    /// Halves steps and returns to the best where progress has stopped.
    void lookBack(int period);
    void lookBackByRows(float leastRises);
    /// L1: adapts how many pixels a step changes.
    void adaptSparsity();
    /// With Context::stopWhenFooled: who is fooled leaves with the position.
    void dropFooled(const torch::Tensor& flags);
    /// Writes what the attempt has reached where it beats the result.
    void finish();
    void finishByRows();
    void keep(const torch::Tensor& rows);
    torch::Tensor direction() const;
    AttackTask::RowLoss loss() const;
    void report(int step);

    /// Over eps. In L1 it is 1.
    static constexpr double kFirstStep = 2;
    static constexpr float kNoLoss = -std::numeric_limits<float>::infinity();

    AttackTask& m_task;
    const ApgdOptions& m_options;
    const bool m_stops;
    const bool m_sparse; ///< L1
    /// On the CPU: image by image in place, where operators make new tensors. No two of the tensors below
    /// share their numbers then.
    const bool m_byRows;
    const std::vector<ApgdPhase> m_phases;
    const RandomStreams m_startDraws;
    const Ball m_wholeBall;
    torch::Tensor m_order;     ///< int64 [n, tries]: the classes aimed at, for DlrTargeted
    torch::Tensor m_foundLoss; ///< float32 [n]: of the result so far
    double m_eps = 0;          ///< of the present phase
    bool m_counts = true;      ///< whether what fools in it counts

    // Of the active samples.
    torch::Tensor m_rows; ///< int64: in the group
    Ball m_ball;
    torch::Tensor m_labels;
    torch::Tensor m_classes; ///< labels, or what is aimed at
    torch::Tensor m_samples;
    torch::Tensor m_position;
    torch::Tensor m_previous;
    torch::Tensor m_gradient;
    torch::Tensor m_loss;
    torch::Tensor m_best; ///< position of the highest loss
    torch::Tensor m_bestGradient;
    torch::Tensor m_bestLoss;
    /// With m_byRows, bool: whether the best is m_position with m_gradient, and not copied yet.
    torch::Tensor m_bestIsHere;
    /// With m_byRows, bool: whether it is also the fooling one, and not copied for that yet.
    torch::Tensor m_foolingIsBest;
    torch::Tensor m_fooling;     ///< fooling position of the highest loss
    torch::Tensor m_foolingLoss; ///< -inf: none yet
    torch::Tensor m_step;        ///< [n,1,1,1]
    torch::Tensor m_rises;       ///< iterations since the last checkpoint in which the loss rose
    torch::Tensor m_halved;      ///< bool: at the last checkpoint
    torch::Tensor m_bestAtCheck; ///< best loss then
    torch::Tensor m_entries;     ///< L1, float64: how many a step changes
    torch::Tensor m_support;     ///< L1, float64: in how many the best point differed at the last checkpoint
};

} // namespace assay::attacks
