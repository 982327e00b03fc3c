#pragma once

#include "backend/attacks/budget.h"
#include "backend/attacks/source.h"

#include <torch/types.h>

#include <functional>
#include <optional>

namespace assay::attacks {

/// What an attack may do besides computing. Every member may be empty. They are called from the worker
/// threads that compute, one call at a time, so that they need no lock against each other.
struct AttackHooks
{
    std::function<void()> checkpoint; ///< called at least once a step and chunk; may throw
    std::function<void(std::int64_t, std::int64_t)> progress; ///< image-steps done, of total
    /// For trajectories: x_adv of a chunk after `step` updates, 0 being the start; ascending within a chunk.
    /// The tensor is reused by the next step: copy what is kept. Attacks that have no steps do not call it.
    std::function<void(int step, std::int64_t firstImage, const torch::Tensor& xAdv)> step;
};

/// Everything an attack is told besides its budget.
struct Context
{
    /// Of the attack's own random streams; one per sample, so that no result depends on which other samples
    /// are in the batch, on chunks or on threads. (Only the draw of input diversity is shared by the batch.)
    std::uint64_t seed = 0;
    AttackHooks hooks;
    /// int64 [N]: the attack aims at these classes instead of away from the labels.
    std::optional<torch::Tensor> target;
    /// Samples that are fooled (or have reached their target) leave the batch: for when only success counts.
    /// The result is then the first success found, not the strongest example.
    bool stopWhenFooled = false;
    /// int64 [N]: which stream each sample draws from; absent: 0 .. N-1. Whoever attacks a set in parts
    /// passes the samples' numbers in the set and gets the same digits as in one go.
    std::optional<torch::Tensor> samples;
};

struct AttackResult
{
    /// float32 [N,C,H,W] in [0,1] on the source's device; within eps (+1e-6) of x in the budget's norm.
    torch::Tensor adversarial;
    /// bool [N] on the CPU: the source takes `adversarial` for another class than the label (targeted: for
    /// the target). Of several models: their fused decision.
    torch::Tensor success;
    /// int64 [N] on the CPU: questions asked for each sample. Undefined for gradient attacks.
    torch::Tensor queries;
    std::int64_t forwardImages = 0;  ///< images through forward passes, the judging of `success` included
    std::int64_t gradientImages = 0; ///< images through backward passes
};

/// One attack with its parameters set. Immutable, therefore safe to run from several threads at once.
class Attack
{
public:
    virtual ~Attack() = default;

    /// @p budget as run() takes it, with the step size that 0 stands for and the steps really made.
    /// @throws Error when a number is out of range or the norm is not one the attack knows.
    virtual Budget resolved(const Budget& budget) const = 0;

    /// Attacks @p x, float32 [N,C,H,W] in [0,1] on any device, with labels @p y, int64 [N]. N may be 0.
    /// Deterministic for a seed, whatever the batch size and thread count, up to the rounding of kernels that
    /// a library picks by batch size.
    /// @throws Error when a number of the budget is out of range, the norm is not one the attack knows,
    /// shapes
    ///         do not fit, pixels are out of range or the source lacks what the attack needs (a network).
    virtual AttackResult run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                             const Budget& budget, const Context& context = {}) const = 0;
};

/// Gradient of the sum over samples of CE(logits, y) with respect to x, [N,C,H,W]; chunked over worker
/// threads. The building block of boundary distances.
torch::Tensor inputGradient(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y);

/// Which rows of logits [n,K] count as success: argmax differs from the label, or is the target. bool [n].
torch::Tensor fooled(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted);

} // namespace assay::attacks
