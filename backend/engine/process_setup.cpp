#include "backend/engine/process_setup.h"

#include "backend/engine/devices.h"
#include "backend/models/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <csignal>
#include <malloc.h>
#include <sys/resource.h>
#include <thread>

namespace assay::engine {

int computeThreads()
{
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void setUpThread()
{
    at::set_num_threads(computeThreads());
}

void giveWayToWindow()
{
    constexpr int kNiceness = 5;
    // Refused only where the priority is already lower, which serves the same purpose.
    (void)setpriority(PRIO_PROCESS, 0, kNiceness);
}

void setUpProcess()
{
    // Large freed tensors go back to the system by default, and each reuse then faults its pages in again.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    models::setWorkerThreads(computeThreads());
    setUpThread();
    computeExactly();
}

} // namespace assay::engine
