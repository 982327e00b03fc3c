#pragma once

#include "backend/engine/run_context.h"
#include "backend/training/row_learning.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::encryption {

/// Where a run stands: stages of equal weight, each with a share done. One for a run.
class ReconProgress
{
public:
    ReconProgress(engine::RunContext& context, int stages)
        : m_context(context)
        , m_stages(stages)
    {}

    /// Begins the next stage.
    void next(std::string title);
    /// @param share 0 .. 1 of the stage. Also a checkpoint().
    void at(double share);
    engine::RunContext& context() const { return m_context; }

private:
    engine::RunContext& m_context;
    int m_stages;
    int m_stage = -1;
    std::string m_title;
};

/// SHA-256 over the bytes of tensors, hex: for keys of the cache.
std::string reconHash(const std::vector<torch::Tensor>& tensors);

/// Trains @p network on the run's device, or takes its weights from the cache where @p key was met before. It
/// ends in eval mode, frozen. @param key all that the result depends on besides @p spec.
/// @returns the mean loss of each epoch.
std::vector<double> reconLearned(ReconProgress& progress, models::Network& network, Json key,
                                 std::int64_t count, const training::RowLearningSpec& spec,
                                 const training::RowLoss& loss);

} // namespace assay::encryption
