#pragma once

namespace assay::engine {

/// Once, at the start of main(): memory and signal settings of the process (large freed tensors stay warm,
/// a closed pipe or a full disk is an error return and not a signal), and setUpThread().
void setUpProcess();

/// At the start of every thread that computes: LibTorch's number of threads is kept per thread, and its
/// default is half the cores.
void setUpThread();

/// Threads this process may use, at least 1.
int computeThreads();

} // namespace assay::engine
