#include "app/cli/interrupt.h"

#include "app/cli/commands.h"

#include <csignal>
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

} // namespace assay::cli
