#include "plugins/transfer/class_aware_params.h"

#include <algorithm>

namespace assay::transfer {

std::pair<std::vector<std::string>, std::vector<std::string>> classAwareAttacks()
{
    std::pair<std::vector<std::string>, std::vector<std::string>> choices;
    for (const attacks::AttackInfo& info : attacks::attacks().list()) {
        const bool fits = std::ranges::any_of(info.norms, [](attacks::Norm norm) {
            return norm == attacks::Norm::L2 || norm == attacks::Norm::Linf;
        });
        if (!info.gradient || !fits)
            continue;
        choices.first.push_back(info.id);
        choices.second.push_back(info.title);
    }
    return choices;
}

std::vector<protocol::ObjectPart> classAwareParts()
{
    std::vector<protocol::ObjectPart> parts =
        reporting::attackChoices(reporting::Attacks::Gradient).parameters;
    for (protocol::ObjectPart& part : parts)
        for (protocol::Field& field : part.fields)
            if (field.name == "random_start")
                field.defaultValue = false;
    return parts;
}

Json attackParameters(const ClassAwareParams& p)
{
    Json parameters = Json::object();
    if (attacks::attacks().info(p.attack).parameters.find("random_start"))
        parameters["random_start"] = false;
    parameters.update(reporting::saidOf(p.attackParams, p.attack));
    return parameters;
}

} // namespace assay::transfer
