#pragma once

#include "backend/attacks/query_task.h"

namespace assay::attacks {

struct SquareOptions
{
    double initialShare = 0.8; ///< p: of the pixels that the first squares cover
    /// Stretches the schedule of p, made for 10000 questions, over the budget's. AutoAttack does not.
    bool rescale = true;
};

/// Share p of the pixels that the square of proposal @p iteration (from 0) covers: halved after 10, 50, 200,
/// 500, 1000, 2000, 4000, 6000 and 8000 proposals of 10000.
double squareShare(std::int64_t iteration, std::int64_t queries, const SquareOptions& options);

/// Square Attack (Andriushchenko et al. 2020, arXiv 1912.00049, algorithms 1 to 3): random search with
/// squares of +-eps (L-inf) or with pairs of windows between which mass moves (L2; L1 as in the authors'
/// AutoAttack, projected by nearestInL1Box()), accepting what lowers the margin
/// z_y - max_{i != y} z_i (targeted: the cross-entropy of the target). Sees logits only. A sample is done
/// with its first success and then asks no more. Budget::queries counts every question, the one about the
/// start included. Differs from the authors' code where that couples the samples of a batch: places, signs
/// and orientations are drawn for each sample; and squares also reach the last row and column (as in the
/// paper; the code's range ends one before); in L2, on the CPU, the perturbation is scaled to the radius
/// where that does more than make good what has been rounded. The result of a sample that resists is its best
/// proposal.
class Square final : public TaskQueryAttack
{
public:
    explicit Square(std::string name, const SquareOptions& options = {});

protected:
    void attackTask(QueryTask& task) const override;

private:
    SquareOptions m_options;
};

} // namespace assay::attacks
