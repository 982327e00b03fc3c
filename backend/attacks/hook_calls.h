#pragma once

#include "backend/attacks/attack.h"

#include <exception>
#include <mutex>

namespace assay::attacks {

/// Passes calls of worker threads on to hooks one at a time and adds up progress.
class HookCalls
{
public:
    HookCalls(const AttackHooks& hooks, std::int64_t total)
        : m_hooks(hooks)
        , m_total(total)
    {}

    /// Before a step: the place where a run is cancelled or steps aside.
    void checkpoint()
    {
        if (m_hooks.checkpoint)
            call([&] { m_hooks.checkpoint(); });
    }

    void advance(std::int64_t imageSteps)
    {
        if (m_hooks.progress)
            call([&] { m_hooks.progress(m_done += imageSteps, m_total); });
    }

    bool wantsPositions() const { return m_hooks.step != nullptr; }

    void position(int step, std::int64_t firstImage, const torch::Tensor& xAdv)
    {
        if (m_hooks.step)
            call([&] { m_hooks.step(step, firstImage, xAdv); });
    }

private:
    /// What a hook threw once is thrown to the other workers too, so that all stop within a step.
    template <class Hook>
    void call(Hook hook)
    {
        const std::lock_guard lock(m_mutex);
        if (m_thrown)
            std::rethrow_exception(m_thrown);
        try {
            hook();
        } catch (...) {
            m_thrown = std::current_exception();
            throw;
        }
    }

    const AttackHooks& m_hooks;
    std::int64_t m_total;
    std::mutex m_mutex; ///< guards the hooks and what follows
    std::int64_t m_done = 0;
    std::exception_ptr m_thrown;
};

} // namespace assay::attacks
