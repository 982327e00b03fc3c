#include "backend/engine/plugin.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>

namespace assay::engine {

namespace {

bool isWord(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

bool isStudyId(std::string_view id)
{
    const auto dot = id.find('.');
    return dot != std::string_view::npos && isWord(id.substr(0, dot)) && isWord(id.substr(dot + 1));
}

} // namespace

void Registries::addStudy(std::unique_ptr<Study> study)
{
    const std::string id = study->info().id;
    if (!isStudyId(id))
        throw Error("'" + id + "' is no study id", {}, "Write it as group.name, of a-z, 0-9 and '-'");
    if (std::ranges::any_of(m_studies, [&](const auto& known) { return known->info().id == id; }))
        throw Error("there is already a study '" + id + "'", {}, "Give one of the two another id");
    m_studies.push_back(std::move(study));
}

Study& Registries::study(std::string_view id) const
{
    std::vector<std::string> known;
    for (const auto& study : m_studies) {
        known.push_back(study->info().id);
        if (known.back() == id)
            return *study;
    }
    if (known.empty())
        throw Error("there is no study '" + std::string(id) + "'; no plugin is loaded", {},
                    "See 'assay-cli list plugins' for why");
    throw Error("there is no study '" + std::string(id) + "'", {}, protocol::suggestion(id, known));
}

std::vector<std::unique_ptr<Study>> Registries::takeStudies()
{
    return std::exchange(m_studies, {});
}

void Registries::addAttack(attacks::AttackEntry attack)
{
    const std::string& id = attack.info.id;
    if (std::ranges::any_of(m_attacks, [&](const auto& known) { return known.info.id == id; }))
        throw Error("there is already an attack '" + id + "'", {}, "Give one of the two another id");
    m_attacks.push_back(std::move(attack));
}

std::vector<attacks::AttackEntry> Registries::takeAttacks()
{
    return std::exchange(m_attacks, {});
}

} // namespace assay::engine
