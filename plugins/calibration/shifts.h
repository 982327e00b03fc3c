#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "backend/engine/run_context.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::confidence {

/// One way in which the test images may differ from those that a calibrator is fitted on.
struct Shift
{
    std::string id = "clean"; ///< of data::corruptions(), or "clean"
    double severity = 0;      ///< 0 for "clean"
    bool clean() const { return id == "clean"; }
};

/// "clean", "Gaussian noise 3".
std::string shiftText(const Shift& shift);

/// Ids and titles of the corruptions, for choices.
struct CorruptionChoices
{
    std::vector<std::string> ids;
    std::vector<std::string> titles;
};
CorruptionChoices corruptionChoices();

/// "clean", then every corruption at every severity.
std::vector<Shift> shiftsOf(const std::vector<std::string>& corruptions,
                            const std::vector<double>& severities);

/// The images under a shift, float32 like theirs, on their device. Random numbers belong to the run's seed
/// and the images' ids. @throws Error for grey images where the corruption needs colours.
torch::Tensor shiftedImages(const engine::RunContext& context, const reporting::TestImages& images,
                            const Shift& shift);

/// What a cached value of a model on shifted test images depends on.
Json shiftKey(const engine::RunContext& context, const char* what, const models::Model& model,
              const data::Dataset& dataset, const reporting::TestImages& images, const Shift& shift);

} // namespace assay::confidence
