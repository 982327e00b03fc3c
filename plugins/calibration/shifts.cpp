#include "plugins/calibration/shifts.h"

#include "backend/data/corruptions/corruption.h"
#include "backend/engine/reporting/rate_marks.h"

#include <torch/types.h>

namespace assay::confidence {

std::string shiftTitle(const std::string& id)
{
    const Shift shift{.id = id};
    return shift.clean()     ? id
           : shift.natural() ? id.substr(kDomainPrefix.size())
                             : data::corruption(id).title;
}

std::string shiftText(const Shift& shift)
{
    const std::string title = shiftTitle(shift.id);
    return shift.clean() || shift.natural() ? title : title + " " + reporting::shortText(shift.severity);
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
                            const std::vector<double>& severities, const std::vector<std::string>& domains)
{
    std::vector<Shift> shifts = {{}};
    for (const std::string& id : corruptions)
        for (const double severity : severities)
            shifts.push_back({id, severity});
    for (const std::string& domain : domains)
        shifts.push_back({std::string(kDomainPrefix) + domain, 0});
    return shifts;
}

torch::Tensor shiftedImages(const engine::RunContext& context, const reporting::TestImages& images,
                            const Shift& shift)
{
    return shift.clean() ? images.x
                         : data::corrupted(data::corruption(shift.id), images.x, shift.severity,
                                           context.seed(), images.ids);
}

} // namespace assay::confidence
