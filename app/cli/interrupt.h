#pragma once

#include <functional>

namespace assay::cli {

/// Turns Ctrl-C (SIGINT, and SIGTERM) into a call on a thread of its own, where everything is allowed; the
/// second one ends the process with exit status 130. Make it before any other thread, so that all inherit the
/// mask.
class Interrupt
{
public:
    explicit Interrupt(std::function<void()> first);
};

} // namespace assay::cli
