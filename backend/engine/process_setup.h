#pragma once

namespace assay::engine {

/// Once, at the start of main(): memory and signal settings of the process (large freed tensors stay warm,
/// a closed pipe or a full disk is an error return and not a signal), setUpThread() and computeExactly().
void setUpProcess();

/// Lowers the scheduling priority of this process (nice +5), so that a window on the same cores repaints at
/// once while a study computes. Before any thread starts: threads inherit it. Without effect on an idle
/// machine.
void giveWayToWindow();

/// At the start of every thread that computes: LibTorch's number of threads is kept per thread, and its
/// default is half the cores.
void setUpThread();

/// Threads this process may use, at least 1.
int computeThreads();

} // namespace assay::engine
