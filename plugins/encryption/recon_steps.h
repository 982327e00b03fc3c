#pragma once

#include "backend/engine/run_context.h"
#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/encryption/recon_params.h"
#include "plugins/encryption/recon_results.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::encryption {

/// EtC with some of its steps, attacked by the linear attack that needs no key: what each step hides.
struct ReconStep
{
    CipherSpec spec;
    torch::Tensor encrypted; ///< uint8 [m or fewer,3,S,S]
    ReconOutcome outcome;
};

/// "moved, turned", "nothing": the steps that are on.
std::string reconStepsText(const CipherSpec& spec);
/// All 16 choices of steps at one block side, the plain image first.
std::vector<CipherSpec> reconStepChoices(int block);

engine::TensorMap reconStepTensors(const std::vector<ReconStep>& steps);
/// @throws Error when @p tensors are none of reconStepTensors().
std::vector<ReconStep> reconStepsFrom(const engine::TensorMap& tensors);

/// Advantage by attribute and choice of steps.
protocol::Figure reconStepsFigure(const ReconResults& results, const std::vector<ReconStep>& steps);
/// Victims under the steps that @p params have on.
protocol::ImageGrid reconStepsGrid(const ReconResults& results, const std::vector<ReconStep>& steps,
                                   const ReconParams& params);
/// steps.csv: steps, attribute, n, accuracy, chance, low, high, advantage, mse, top5
protocol::Table reconStepsTable(const ReconResults& results, const std::vector<ReconStep>& steps);

} // namespace assay::encryption
