#pragma once

#include "backend/engine/reporting/study_inputs.h"
#include "backend/engine/run_context.h"

#include <torch/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace assay::confidence {

/// How the id of a natural shift begins: the images of another domain of the data set.
inline constexpr std::string_view kDomainPrefix = "domain:";

/// One way in which the images judged by may differ from those that a calibrator is fitted on.
struct Shift
{
    std::string id = "clean"; ///< "clean", of data::corruptions(), or kDomainPrefix and a domain
    double severity = 0;      ///< of a corruption; else 0
    bool clean() const { return id == "clean"; }
    bool natural() const { return id.starts_with(kDomainPrefix); }
};

/// "clean", "Gaussian noise", "openmoji".
std::string shiftTitle(const std::string& id);
/// "clean", "Gaussian noise 3", "openmoji".
std::string shiftText(const Shift& shift);

/// Ids and titles of the corruptions, for choices.
struct CorruptionChoices
{
    std::vector<std::string> ids;
    std::vector<std::string> titles;
};
CorruptionChoices corruptionChoices();

/// "clean", then every corruption at every severity, then every domain.
std::vector<Shift> shiftsOf(const std::vector<std::string>& corruptions,
                            const std::vector<double>& severities,
                            const std::vector<std::string>& domains = {});

/// The images under a shift, float32 like theirs, on their device. Random numbers belong to the run's seed
/// and the images' ids. @throws Error for grey images where the corruption needs colours.
torch::Tensor shiftedImages(const engine::RunContext& context, const reporting::TestImages& images,
                            const Shift& shift);

} // namespace assay::confidence
