#include "plugins/calibration/shifts.h"

#include "backend/data/corruptions/corruption.h"
#include "backend/engine/reporting/rate_marks.h"

#include <torch/types.h>

namespace assay::confidence {

std::string shiftText(const Shift& shift)
{
    return shift.clean() ? "clean"
                         : data::corruption(shift.id).title + " " + reporting::shortText(shift.severity);
}

CorruptionChoices corruptionChoices()
{
    CorruptionChoices choices;
    for (const data::Corruption& corruption : data::corruptions()) {
        choices.ids.push_back(corruption.id);
        choices.titles.push_back(corruption.title);
    }
    return choices;
}

std::vector<Shift> shiftsOf(const std::vector<std::string>& corruptions,
                            const std::vector<double>& severities)
{
    std::vector<Shift> shifts = {{}};
    for (const std::string& id : corruptions)
        for (const double severity : severities)
            shifts.push_back({id, severity});
    return shifts;
}

torch::Tensor shiftedImages(const engine::RunContext& context, const reporting::TestImages& images,
                            const Shift& shift)
{
    return shift.clean() ? images.x
                         : data::corrupted(data::corruption(shift.id), images.x, shift.severity,
                                           context.seed(), images.ids);
}

Json shiftKey(const engine::RunContext& context, const char* what, const models::Model& model,
              const data::Dataset& dataset, const reporting::TestImages& images, const Shift& shift)
{
    return {{"what", what},
            {"method", 1},
            {"model", model.card().sha256},
            {"dataset", dataset.hash()},
            {"seed", context.seed()},
            {"count", images.size()}, // the draw depends on seed and count alone
            {"shift", shift.id},
            {"severity", shift.severity}};
}

} // namespace assay::confidence
