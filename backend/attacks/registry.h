#pragma once

#include "backend/attacks/attack.h"
#include "backend/protocol/schema.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace assay::attacks {

/// What the ids of scripted attacks begin with.
inline constexpr std::string_view kScriptPrefix = "script:";

/// Description of an attack for lists and forms.
struct AttackInfo
{
    /// [a-z0-9._-]+, as in `--attack ID` and in stored specifications; of a scripted attack after
    /// kScriptPrefix.
    std::string id;
    std::string title;
    std::string summary; ///< a sentence or two: what it does, its step size when the budget says 0
    std::string reference;
    bool gradient = true; ///< needs a network; else questions suffice
    bool targeted = true; ///< can aim at classes
    std::vector<Norm> norms = {Norm::Linf};
    protocol::Schema parameters; ///< beyond the budget
    std::string sha256;          ///< of a scripted attack: of its file as it was read; empty for others
};

struct AttackEntry
{
    AttackInfo info;
    /// @param parameters validated against info.parameters, defaults filled in. Called from any thread.
    std::function<std::unique_ptr<const Attack>(const Json& parameters)> make;
};

/// Attacks by id, in the order they were added. Safe from any thread.
class AttackRegistry
{
public:
    /// @throws Error when the id is taken, or is no id.
    void add(AttackEntry entry);
    /// Puts @p entry in the place of the attack of the same id, or adds it. @throws Error when it has no id.
    void replace(AttackEntry entry);
    /// @returns whether there was such an attack. Attacks made before stay valid.
    bool remove(const std::string& id);

    std::vector<AttackInfo> list() const;
    /// @throws Error for an unknown id, naming the known ones.
    AttackInfo info(const std::string& id) const;
    /// @param parameters an object; absent ones take their defaults.
    /// @throws Error for an unknown id or parameters that do not fit the schema.
    std::unique_ptr<const Attack> make(const std::string& id, const Json& parameters = Json::object()) const;

private:
    AttackEntry entry(const std::string& id) const;

    mutable std::mutex m_mutex; ///< guards m_entries
    std::vector<AttackEntry> m_entries;
};

/// The registry of this process, filled with the built-in attacks at first use. Scripted attacks and native
/// plugins add theirs to it.
AttackRegistry& attacks();

} // namespace assay::attacks
