#pragma once

#include "backend/attacks/attack_task.h"
#include "backend/attacks/queries.h"

#include <string>
#include <vector>

namespace assay::attacks {

/// One group of samples of a query attack, in one worker thread: as AttackTask, with questions in place of
/// passes.
struct QueryTask
{
    Queries& queries;
    const Budget& budget;
    const Context& context;
    HookCalls& hooks;
    std::int64_t firstImage; ///< of the group in the batch
    std::int64_t part;       ///< images asked about at once
    torch::Tensor clean;     ///< [n,C,H,W]
    torch::Tensor classes;   ///< int64 [n]: labels or targets
    bool targeted;
    torch::Tensor samples;     ///< int64 [n], see Context::samples
    torch::Tensor adversarial; ///< of the result; filled with the clean images before the attack begins
    torch::Tensor success;     ///< bool [n] of the result; filled with false
    std::int64_t advanced = 0; ///< questions reported

    std::int64_t count() const { return clean.size(0); }

    /// Logits [m,K] of @p images. @p rows int64 [m], within the group, on any device: whose they are; a
    /// sample may ask several questions at once. Counts and reports progress.
    torch::Tensor logits(const torch::Tensor& images, const torch::Tensor& rows);
    /// The same of what @p ask gets out of Queries::localChanges().
    torch::Tensor counted(const torch::Tensor& rows, const std::function<torch::Tensor()>& ask);
    /// bool [m]: whether they are taken for what the attack wants. All that a decision-based attack sees.
    torch::Tensor fooling(const torch::Tensor& images, const torch::Tensor& rows);
    /// Progress of so many questions.
    void advance(std::int64_t questions);
};

/// A query attack that works on groups of samples in worker threads. Progress is in questions.
class TaskQueryAttack : public QueryAttack
{
public:
    Budget resolved(const Budget& budget) const override;
    using QueryAttack::attack;
    AttackResult attack(const Answers& answers, torch::Device device, const torch::Tensor& x,
                        const torch::Tensor& y, const Budget& budget, const Context& context) const final;

protected:
    TaskQueryAttack(std::string name, std::vector<Norm> norms)
        : m_name(std::move(name))
        , m_norms(std::move(norms))
    {}

    /// @throws Error when the context does not suit the attack.
    virtual void check(const Context&) const {}
    virtual void attackTask(QueryTask& task) const = 0;

    const std::string& name() const { return m_name; }

private:
    std::string m_name;
    std::vector<Norm> m_norms;
};

} // namespace assay::attacks
