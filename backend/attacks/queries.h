#pragma once

#include "backend/attacks/attack.h"
#include "backend/models/local_changes.h"

#include <functional>
#include <memory>
#include <string>

namespace assay::attacks {

/// What a query attack may ask: logits [n,K] of images [n,C,H,W] in [0,1]. Called from worker threads.
using LogitsFunction = std::function<torch::Tensor(const torch::Tensor& x)>;

/// See models::Model::localChanges(). May be empty, and may return nullptr.
using LocalChangesFunction = std::function<std::unique_ptr<models::LocalChanges>(const torch::Tensor& x)>;

/// Whom a query attack asks.
struct Answers
{
    LogitsFunction logits;
    LocalChangesFunction localChanges; ///< a faster way to the same, where there is one
};

/// The model as a query attack sees it: answers and nothing else, every question counted. Threads may ask at
/// once about different samples.
class Queries
{
public:
    /// @param count samples of the attack. @param device where the rows lie, so that counting them costs no
    /// copy.
    Queries(Answers answers, std::int64_t count, torch::Device device = torch::kCPU);
    Queries(LogitsFunction answer, std::int64_t count, torch::Device device = torch::kCPU)
        : Queries(Answers{std::move(answer), {}}, count, device)
    {}

    /// @param rows int64 [n]: the sample each image of @p x stands for, counted from sample @p first on; one
    /// question each. Computed in inference mode.
    torch::Tensor logits(const torch::Tensor& x, const torch::Tensor& rows, std::int64_t first = 0);
    /// Whom to ask, through counted(), about images like @p x that change a region at a time; or nullptr.
    std::unique_ptr<models::LocalChanges> localChanges(const torch::Tensor& x) const;
    /// Logits [n,K] of whatever @p ask asks about the samples @p rows: counted and computed as logits().
    torch::Tensor counted(const torch::Tensor& rows, std::int64_t first,
                          const std::function<torch::Tensor()>& ask);

    /// Questions asked so far, int64 [count] on the CPU.
    torch::Tensor counts() const { return m_counts.cpu(); }
    std::int64_t total() const;

private:
    void count(const torch::Tensor& rows, std::int64_t first);

    Answers m_answers;
    torch::Tensor m_counts;
};

/// An attack that needs answers only. Whoever has no Model (an OpenCV network, a script, a service) calls
/// attack() itself.
class QueryAttack : public Attack
{
public:
    AttackResult run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                     const Budget& budget, const Context& context = {}) const final;

    /// As run(); @p device is where @p answer wants its images. Shapes and ranges have been checked by run();
    /// who calls this calls checkInputs() of check.h before.
    AttackResult attack(const LogitsFunction& answer, torch::Device device, const torch::Tensor& x,
                        const torch::Tensor& y, const Budget& budget, const Context& context) const
    {
        return attack(Answers{answer, {}}, device, x, y, budget, context);
    }
    virtual AttackResult attack(const Answers& answers, torch::Device device, const torch::Tensor& x,
                                const torch::Tensor& y, const Budget& budget,
                                const Context& context) const = 0;
};

} // namespace assay::attacks
