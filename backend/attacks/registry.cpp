#include "backend/attacks/registry.h"

#include "backend/attacks/builtin_attacks.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::attacks {

namespace {

bool isAttackId(std::string_view id)
{
    if (id.starts_with(kScriptPrefix))
        id.remove_prefix(kScriptPrefix.size());
    return !id.empty() && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

void requireAttackId(const std::string& id)
{
    if (!isAttackId(id))
        throw Error("'" + id + "' is no name for an attack", {},
                    "Use lower-case letters, digits, '-', '.' and '_'.");
}

} // namespace

void AttackRegistry::add(AttackEntry entry)
{
    const std::string id = entry.info.id;
    requireAttackId(id);
    const std::lock_guard lock(m_mutex);
    for (const AttackEntry& known : m_entries)
        if (known.info.id == id)
            throw Error("there is an attack '" + id + "' already", {}, "Choose another name.");
    m_entries.push_back(std::move(entry));
}

void AttackRegistry::replace(AttackEntry entry)
{
    requireAttackId(entry.info.id);
    const std::lock_guard lock(m_mutex);
    for (AttackEntry& known : m_entries) {
        if (known.info.id == entry.info.id) {
            known = std::move(entry);
            return;
        }
    }
    m_entries.push_back(std::move(entry));
}

bool AttackRegistry::remove(const std::string& id)
{
    const std::lock_guard lock(m_mutex);
    return std::erase_if(m_entries, [&](const AttackEntry& known) { return known.info.id == id; }) > 0;
}

std::vector<AttackInfo> AttackRegistry::list() const
{
    const std::lock_guard lock(m_mutex);
    std::vector<AttackInfo> all;
    for (const AttackEntry& known : m_entries)
        all.push_back(known.info);
    return all;
}

AttackEntry AttackRegistry::entry(const std::string& id) const
{
    const std::lock_guard lock(m_mutex);
    std::string names;
    for (const AttackEntry& known : m_entries) {
        if (known.info.id == id)
            return known;
        names += (names.empty() ? "" : ", ") + known.info.id;
    }
    throw Error("there is no attack '" + id + "'", {}, "Known attacks: " + names + ".");
}

AttackInfo AttackRegistry::info(const std::string& id) const
{
    return entry(id).info;
}

std::unique_ptr<const Attack> AttackRegistry::make(const std::string& id, const Json& parameters) const
{
    const AttackEntry found = entry(id);
    return found.make(protocol::validated(found.info.parameters, parameters, id));
}

AttackRegistry& attacks()
{
    // Filled once, before the first caller sees it; the initialisation of a local static is thread-safe.
    static AttackRegistry& registry = []() -> AttackRegistry& {
        static AttackRegistry all;
        addBuiltinAttacks(all);
        return all;
    }();
    return registry;
}

} // namespace assay::attacks
