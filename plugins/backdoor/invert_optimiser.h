#pragma once

#include "backend/models/model.h"
#include "plugins/backdoor/invert_schedule.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::backdoor {

/// How triggers are sought.
struct InversionPlan
{
    std::int64_t steps = 600; ///< at most, for each class
    std::int64_t batch = 16;  ///< images of a step
    std::int64_t round = 10;  ///< steps after which lambda is set anew
    double learningRate = 0.1;
    LambdaRule rule;
    std::uint64_t seed = 0; ///< of the first masks and patterns, and of the batches

    std::int64_t rounds() const { return (steps + round - 1) / round; }
};

/// What one round gave, means over its steps.
struct InversionRound
{
    double loss = 0; ///< cross-entropy towards the class
    double norm = 0; ///< L1 of the mask
    double success = 0;
    double lambda = 0;
};

/// The smallest trigger that was found for one class.
struct InvertedTrigger
{
    std::int64_t target = 0;
    torch::Tensor mask;    ///< float32 [1,H,W] in [0,1] on the CPU
    torch::Tensor pattern; ///< float32 [C,H,W] in [0,1] on the CPU
    double norm = 0;       ///< L1 of the mask
    /// Whether a round held the success that was asked for. If not, this is the trigger of the last round.
    bool held = false;
    std::int64_t steps = 0;
    double seconds = 0; ///< of all classes that were sought together
    std::vector<InversionRound> rounds;
};

struct InversionHooks
{
    std::function<void()> checkpoint; ///< before every step, from any thread; may throw
    /// After a class (on a device: all of them) has ended, from any thread, not two at a time.
    std::function<void(std::int64_t done, std::int64_t total)> progress;
};

/// Neural Cleanse's trigger inversion (Wang et al. 2019, equations 2 and 3): for each of @p targets the mask
/// m and pattern p that lower CE(f((1 - m) x + m p), target) + lambda |m|, over all of @p x whatever its
/// classes, with m and p through the hyperbolic tangent and lambda by LambdaSchedule. As the original it
/// keeps the mask of the successful round with the smallest mean norm. Differs: a round is plan.round batches
/// and not an epoch. On the CPU the classes are shared out to worker threads; on a device they are one batch,
/// and what goes over to the host does not grow with the steps but for one number every ten rounds.
/// Deterministic; a class's trigger does not depend on the other classes. @param x float32 [n,C,H,W] on the
/// model's device, at least one.
std::vector<InvertedTrigger> invertTriggers(const models::Model& model, const torch::Tensor& x,
                                            const std::vector<std::int64_t>& targets,
                                            const InversionPlan& plan, const InversionHooks& hooks = {});

/// Images with the trigger, (1 - m) x + m p, float32 [n,C,H,W] on the device of @p x.
torch::Tensor withInverted(const torch::Tensor& x, const InvertedTrigger& trigger);

} // namespace assay::backdoor
