#pragma once

#include "backend/models/model.h"
#include "backend/training/resume_file.h"

#include <filesystem>
#include <system_error>
#include <vector>

namespace assay::training {

/// The epochs that a training still has to do, whatever it learns: tells the hooks after each, writes the
/// resume file while there are more to come and removes it at the end. The network ends in eval mode.
/// @param done epochs done, counted up by @p epoch. @param epoch makes one and reports it. @param state all
/// that is needed to go on after it.
template <class Hooks, class Epoch, class State>
auto runEpochs(models::Network& network, const Hooks& hooks, int epochs, const int& done, Epoch epoch,
               State state)
{
    std::vector<decltype(epoch())> reports;
    while (done < epochs) {
        reports.push_back(epoch());
        network.eval();
        if (hooks.epoch)
            hooks.epoch(reports.back());
        if (hooks.afterEpoch)
            hooks.afterEpoch(done, network);
        if (!hooks.resumeFile.empty() && done < epochs)
            writeResume(hooks.resumeFile, state());
    }
    network.eval();
    if (!hooks.resumeFile.empty()) {
        std::error_code code;
        std::filesystem::remove(hooks.resumeFile, code);
    }
    return reports;
}

} // namespace assay::training
