#include "app/cli/interrupt.h"

#include "app/cli/commands.h"
#include "backend/protocol/error.h"

#include <csignal>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace assay::cli {

Interrupt::Interrupt(std::function<void()> first)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // Detached: it waits for signals until the process ends.
    std::thread([signals, first = std::move(first)] {
        int number = 0;
        if (sigwait(&signals, &number) != 0)
            return;
        first();
        sigwait(&signals, &number);
        ::_exit(kCancelled);
    }).detach();
}

Cancelling::Cancelling()
    : m_asked(std::make_shared<std::atomic<bool>>(false))
    , m_interrupt([asked = m_asked] {
        *asked = true;
        std::fputs("\nCancelling; press Ctrl-C again to end at once.\n", stderr);
    })
{}

void Cancelling::check() const
{
    if (*m_asked)
        throw Cancelled{};
}

} // namespace assay::cli
