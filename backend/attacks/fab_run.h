#pragma once

#include "backend/attacks/class_differences.h"
#include "backend/attacks/fab.h"
#include "backend/attacks/random_streams.h"

namespace assay::attacks {

/// Tries that one sample gets at most.
int fabTries(const FabOptions& options, std::int64_t classes, bool targeted);

/// FAB on one group of samples, in one thread. The samples still under attack (the active ones) lie packed.
class FabRun
{
public:
    FabRun(AttackTask& task, const FabOptions& options);
    void run();

private:
    void start(int number);
    void attempt();
    NearestBoundary nearest();
    void move(const NearestBoundary& boundary);
    void judge();
    void keep(const torch::Tensor& rows);

    AttackTask& m_task;
    const FabOptions& m_options;
    const RandomStreams m_startDraws;
    torch::Tensor m_order;    ///< int64 [n, targets], of the group
    torch::Tensor m_nearest;  ///< closest examples of the group
    torch::Tensor m_distance; ///< theirs [n]; inf: none

    // Of the active samples.
    torch::Tensor m_rows; ///< int64: in the group
    torch::Tensor m_clean;
    torch::Tensor m_labels;
    torch::Tensor m_aims; ///< classes of this attempt; undefined: all
    torch::Tensor m_position;
    torch::Tensor m_best;
    torch::Tensor m_bestDistance;
};

} // namespace assay::attacks
