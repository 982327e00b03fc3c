#pragma once

#include "backend/attacks/attack.h"
#include "backend/attacks/hook_calls.h"
#include "backend/attacks/steps.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace assay::attacks {

/// One group of samples of an attack that follows every sample by itself, in one worker thread: what it works
/// on, where its results go, and passes through the model that are counted and split into parts of a good
/// size.
struct AttackTask
{
    /// Losses [n] of the rows first .. first + n - 1 of what was given to gradient(), from their logits.
    using RowLoss = std::function<torch::Tensor(const torch::Tensor& logits, std::int64_t first)>;

    const Source& source;
    const Budget& budget;
    const Context& context;
    HookCalls& hooks;
    std::int64_t firstImage;   ///< of the group in the batch
    std::int64_t part;         ///< images that go through the model at once
    torch::Tensor clean;       ///< [n,C,H,W]
    torch::Tensor labels;      ///< int64 [n]
    torch::Tensor targets;     ///< int64 [n], undefined when the attack is untargeted
    torch::Tensor samples;     ///< int64 [n], see Context::samples
    torch::Tensor adversarial; ///< of the result; filled with the clean images before the attack begins
    torch::Tensor success;     ///< bool [n] of the result; filled with false
    std::int64_t forwardImages = 0;
    std::int64_t gradientImages = 0;
    std::int64_t advanced = 0; ///< image-steps reported

    std::int64_t count() const { return clean.size(0); }
    bool targeted() const { return targets.defined(); }
    /// The classes that decide: targets or labels.
    const torch::Tensor& classes() const { return targeted() ? targets : labels; }

    /// Progress of so many image-steps.
    void advance(std::int64_t imageSteps)
    {
        advanced += imageSteps;
        hooks.advance(imageSteps);
    }

    /// Logits without a graph.
    torch::Tensor logits(const torch::Tensor& at);
    /// Losses without a graph; @p logits as gradient().
    torch::Tensor losses(const torch::Tensor& at, const RowLoss& loss, torch::Tensor* logits);
    /// Gradient of the sum of @p loss in the pixels; @p logits and @p losses, where not null, receive what it
    /// is the gradient of, detached.
    torch::Tensor gradient(const torch::Tensor& at, const RowLoss& loss, torch::Tensor* logits,
                           torch::Tensor* losses);
    /// The same of a loss that needs no more than a class for each row; targeted as the attack is.
    torch::Tensor gradient(const torch::Tensor& at, const Loss& loss, const torch::Tensor& classes,
                           torch::Tensor* logits, torch::Tensor* losses);

    /// For attacks that look for the smallest perturbation: fills the result from @p nearest, the closest
    /// example of each sample, or what was reached last where bool @p found says that there is none. An
    /// example within the budget's ball is the result as it is; anything else is brought onto the ball, and
    /// is a success if the source is fooled there. As MinimizationAttack of Foolbox 3 does: perturbations are
    /// clipped (L-inf) or scaled (L2, L1). One forward pass.
    void settle(const torch::Tensor& nearest, const torch::Tensor& found);

private:
    template <class OfPart>
    torch::Tensor gradientInParts(const torch::Tensor& at, OfPart ofPart, torch::Tensor* logits,
                                  torch::Tensor* losses);
};

/// Runs body(first, count) over near-equal parts of at most @p most that cover 0 .. total.
template <class Body>
void inParts(std::int64_t total, std::int64_t most, Body body)
{
    const std::int64_t parts = std::max<std::int64_t>((total + most - 1) / most, 1);
    const std::int64_t size = (total + parts - 1) / parts;
    for (std::int64_t first = 0; first < total; first += size)
        body(first, std::min(size, total - first));
}

/// The rows first .. first + count - 1; nothing is made where they are all.
torch::Tensor partOf(const torch::Tensor& all, std::int64_t first, std::int64_t count);

/// Norm of each row of @p difference [n,...] in @p norm, float32 [n].
torch::Tensor perturbationNorm(const torch::Tensor& difference, Norm norm);

/// @p flags [n] in the shape [n,1,1,1], to choose whole images by.
torch::Tensor perImage(const torch::Tensor& flags);

/// Rows of flags [n] that are set and rows that are not, int64, both ascending.
struct Parting
{
    torch::Tensor leaving;
    torch::Tensor staying;
};
/// Nothing when no flag is set. Asks the flags' device for one number, how many are, and for no more.
std::optional<Parting> partedBy(const torch::Tensor& flags);

/// Samples of a group that leaves some behind as they are done: enough that what remains fills a pass, few
/// enough that worker threads have groups to share. It depends on the count alone, so that results do not
/// depend on the number of threads.
std::int64_t groupImages(std::int64_t count, std::int64_t part);

/// A gradient attack that works on groups of samples in worker threads.
class TaskAttack : public Attack
{
public:
    Budget resolved(const Budget& budget) const override;
    AttackResult run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                     const Budget& budget, const Context& context = {}) const final;

protected:
    TaskAttack(std::string name, std::vector<Norm> norms)
        : m_name(std::move(name))
        , m_norms(std::move(norms))
    {}

    /// Image-steps per sample at most, for progress.
    virtual std::int64_t imageSteps(const Source& source, const Budget& budget,
                                    const Context& context) const = 0;
    /// @throws Error when the source or the context does not suit the attack.
    virtual void check(const Source&, const Context&) const {}
    virtual void attackTask(AttackTask& task) const = 0;

    const std::string& name() const { return m_name; }

private:
    std::string m_name;
    std::vector<Norm> m_norms;
};

} // namespace assay::attacks
