#pragma once

#include "backend/attacks/query_task.h"
#include "backend/attacks/random_streams.h"

namespace assay::attacks {

struct HopSkipJumpOptions
{
    int firstEvaluations = 100;  ///< questions of the first estimate; the j-th asks sqrt(j) times as many
    int mostEvaluations = 10000; ///< of one estimate
    double gamma = 1.0;          ///< the binary search ends at gamma d^(-3/2) (L2) or gamma d^-2 (L-inf)
    int startTries = 1000;       ///< noise images asked about until one is taken for another class
};

/// HopSkipJump (Chen, Jordan and Wainwright 2020, arXiv 1904.02144, algorithm 2): sees labels only. From a
/// misclassified image it goes to the boundary by binary search, estimates the boundary's direction there
/// from random probes, goes along it by a step halved until the image is still misclassified, and searches
/// again, as long as questions last; the closest example seen is kept. Probes, radii and thresholds follow
/// the authors' code; searches end where float32 cannot halve the interval further. Differs: of the noise
/// images that it starts from, every second and following kinds are in blocks of 2, 4, 7 and 14 pixels, since
/// many networks take all pixel noise for one class; where none is misclassified within the tries the sample
/// keeps its image (the authors' code stops). Untargeted: aiming needs an image of the aimed class.
/// Budget::queries counts all questions: one about the image itself, and one, kept back, about the projection
/// onto the ball of an example that lies outside (see AttackTask::settle()). It looks for the smallest
/// perturbation without regard to budget.eps; with Context::stopWhenFooled a sample is done when an example
/// lies within eps.
class HopSkipJump final : public TaskQueryAttack
{
public:
    explicit HopSkipJump(std::string name, const HopSkipJumpOptions& options = {});

protected:
    void check(const Context& context) const override;
    void attackTask(QueryTask& task) const override;

private:
    HopSkipJumpOptions m_options;
};

/// Where samples are asked about in one estimate.
struct BoundaryProbes
{
    torch::Tensor position;   ///< [n,C,H,W], near the boundary
    torch::Tensor rows;       ///< int64 [n]: in the group
    torch::Tensor samples;    ///< int64 [n]: their streams
    torch::Tensor radius;     ///< float32 [n]: L2 length of a probe
    std::int64_t evaluations; ///< probes per sample
    std::int64_t iteration;   ///< of the random streams
};

/// Unit vectors [n,C,H,W] towards the misclassified side: equation 16 of the paper, the mean over probes of
/// their direction times the answer (+-1) less its mean; where all answers agree, their mean direction times
/// the answer. Probes are normal for L2 and uniform in the cube for L-inf, scaled to the radius and clipped
/// to [0,1]. Their numbers are drawn once for all samples, of which each takes them turned by a number of
/// places and with a sign of its own: what a probe is depends on seed, sample, iteration and its number
/// alone.
torch::Tensor boundaryDirection(QueryTask& task, const BoundaryProbes& probes, const RandomStreams& draws);

} // namespace assay::attacks
