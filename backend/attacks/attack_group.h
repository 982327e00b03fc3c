#pragma once

#include "backend/attacks/gradient_attack.h"
#include "backend/attacks/hook_calls.h"

namespace assay::attacks {

/// What all groups of one attack share.
struct GroupPlan
{
    const Source& source;
    const Recipe& recipe;
    const Budget& budget; ///< resolved
    const Context& context;
    HookCalls& hooks;
};

/// One group of samples on its way through a gradient attack, in one thread. The samples still under attack
/// (the active ones) lie packed; those that are done have left for the result.
class AttackGroup
{
public:
    /// @param part images that go through the model at once.
    AttackGroup(const GroupPlan& plan, torch::Tensor clean, torch::Tensor classes, torch::Tensor samples,
                std::int64_t firstImage, std::int64_t part);

    /// Writes the result to @p adversarial [n,C,H,W] and @p success, bool [n].
    void run(torch::Tensor adversarial, torch::Tensor success);

    std::int64_t forwardImages() const { return m_forwardImages; }
    std::int64_t gradientImages() const { return m_gradientImages; }

private:
    void start(int restart);
    void iterate(int restart);
    /// Judges the active samples where they have arrived and keeps what is better than before.
    void finish(int restart);

    /// Sends the samples whose @p logits say they are fooled to the result; @p alongside loses their rows
    /// too.
    void dropFooled(const torch::Tensor& logits, int step, torch::Tensor* alongside);
    torch::Tensor stepGradient(int restart, int step);
    torch::Tensor gradient(const torch::Tensor& at, std::int64_t draw, torch::Tensor* logits = nullptr);
    torch::Tensor partGradient(const torch::Tensor& at, const torch::Tensor& classes,
                               const torch::Tensor& samples, std::int64_t draw, torch::Tensor* logits) const;
    torch::Tensor logits(const torch::Tensor& at);
    void report(int restart, int step);
    void write(torch::Tensor& result, const torch::Tensor& values) const;

    std::int64_t active() const { return m_position.size(0); }
    bool stops() const { return m_plan.context.stopWhenFooled; }

    const GroupPlan& m_plan;
    const bool m_targeted;
    /// Whether the gradient is taken at x_t itself, so that its logits also judge x_t.
    const bool m_plain;
    const std::int64_t m_firstImage;
    const std::int64_t m_part;
    const RandomStreams m_startDraws;
    const RandomStreams m_transformDraws;
    const RandomStreams m_neighbourDraws;
    const Ball m_groupBall;
    const torch::Tensor m_groupClasses;
    const torch::Tensor m_groupSamples;

    // The active samples.
    Ball m_ball;
    torch::Tensor m_classes;
    torch::Tensor m_samples;
    torch::Tensor m_rows; ///< int64: their rows in the result; undefined while all are active
    torch::Tensor m_position;
    torch::Tensor m_momentum; ///< the rule's
    torch::Tensor m_variance;

    // The result of the group.
    torch::Tensor m_adversarial;
    torch::Tensor m_success;
    torch::Tensor m_best; ///< float32 [n]: loss of the result; only with restarts
    std::int64_t m_forwardImages = 0;
    std::int64_t m_gradientImages = 0;
};

} // namespace assay::attacks
