#pragma once

#include <atomic>
#include <functional>
#include <memory>

namespace assay::cli {

/// Turns Ctrl-C (SIGINT, and SIGTERM) into a call on a thread of its own, where everything is allowed; the
/// second one ends the process with exit status 130. Make it before any other thread, so that all inherit the
/// mask.
class Interrupt
{
public:
    explicit Interrupt(std::function<void()> first);
};

/// Cancels work of the calling thread at its next check() after Ctrl-C.
class Cancelling
{
public:
    Cancelling();
    /// @throws Cancelled
    void check() const;

private:
    std::shared_ptr<std::atomic<bool>>
        m_asked; ///< shared with the interrupt's thread, which may outlive this
    Interrupt m_interrupt;
};

} // namespace assay::cli
