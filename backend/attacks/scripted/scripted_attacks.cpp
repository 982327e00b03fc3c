#include "backend/attacks/scripted/scripted_attacks.h"

#include "backend/attacks/scripted/attack_card.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <chrono>

namespace assay::attacks {

namespace fs = std::filesystem;

namespace {

bool isCard(const fs::path& entry)
{
    return entry.extension() == ".json";
}

std::vector<fs::path> entriesOf(const fs::path& folder)
{
    std::vector<fs::path> entries;
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
        std::error_code ignored;
        const fs::path& path = it->path();
        const bool isOurs = path.extension() == ".pt" || isCard(path);
        if (isOurs && !path.filename().string().starts_with('.') && it->is_regular_file(ignored))
            entries.push_back(path);
    }
    std::ranges::sort(entries);
    return entries;
}

std::string nameOfId(const std::string& id)
{
    return id.substr(kScriptPrefix.size());
}

void addSentence(std::string& text, const std::string& sentence)
{
    if (!sentence.empty())
        text += (text.empty() ? "" : " ") + sentence;
}

} // namespace

ScriptedAttacks::ScriptedAttacks(AttackRegistry& registry, std::vector<fs::path> folders, fs::path verdicts)
    : m_registry(registry)
    , m_folders(std::move(folders))
    , m_verdicts(std::move(verdicts))
{
    refresh();
}

ScriptedAttacks::~ScriptedAttacks()
{
    for (const Known& known : m_known) {
        if (!known.record.id.empty())
            m_registry.remove(known.record.id);
    }
}

ScriptedAttacks::Stamp ScriptedAttacks::stampOf(const fs::path& file)
{
    std::error_code code;
    Stamp stamp;
    stamp.bytes = fs::file_size(file, code);
    if (code)
        return {};
    const auto modified = fs::last_write_time(file, code);
    stamp.modified = code ? 0 : static_cast<std::int64_t>(modified.time_since_epoch().count());
    return stamp;
}

std::vector<ScriptedAttacks::Known> ScriptedAttacks::known() const
{
    const std::lock_guard lock(m_mutex);
    return m_known;
}

std::vector<ScriptRecord> ScriptedAttacks::records() const
{
    std::vector<ScriptRecord> records;
    for (Known& each : known())
        records.push_back(std::move(each.record));
    return records;
}

std::string ScriptedAttacks::idOf(const fs::path& entry) const
{
    const std::lock_guard lock(m_mutex);
    for (const Known& each : m_known) {
        if (each.record.entry == entry)
            return each.record.id;
    }
    return {};
}

ScriptAttack ScriptedAttacks::inspect(const fs::path& file)
{
    const std::lock_guard opening(m_opening);
    try {
        ScriptAttack attack = openScriptAttack(file, {.verdicts = &m_verdicts, .tryAgain = true});
        m_verdicts.save();
        return attack;
    } catch (const Error&) {
        m_verdicts.save();
        throw;
    }
}

bool ScriptedAttacks::refresh()
{
    const std::lock_guard opening(m_opening);
    bool changed = false;
    for (const Known& each : known()) {
        const fs::path& entry = each.record.entry;
        std::error_code code;
        if (!fs::exists(entry, code)) {
            closeHeld(entry);
            changed = true;
        } else if (stampOf(entry) != each.entry || stampOf(each.record.file) != each.file) {
            openHeld(entry);
            changed = true;
        }
    }
    std::vector<fs::path> have;
    for (const Known& each : known())
        have.push_back(each.record.entry);
    for (const fs::path& folder : m_folders) {
        for (const fs::path& entry : entriesOf(folder)) {
            if (std::ranges::find(have, entry) != have.end())
                continue;
            openHeld(entry);
            changed = true;
        }
    }
    for (const Known& each : known()) {
        if (changed && each.taken)
            openHeld(each.record.entry);
    }
    m_verdicts.save();
    return changed;
}

ScriptRecord ScriptedAttacks::open(const fs::path& entry)
{
    const std::lock_guard opening(m_opening);
    ScriptRecord record = openHeld(entry);
    m_verdicts.save();
    return record;
}

void ScriptedAttacks::close(const fs::path& entry)
{
    const std::lock_guard opening(m_opening);
    closeHeld(entry);
}

void ScriptedAttacks::closeHeld(const fs::path& entry)
{
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_known, [&](const Known& each) {
        if (each.record.entry != entry)
            return false;
        if (!each.record.id.empty())
            m_registry.remove(each.record.id);
        return true;
    });
}

/// @param before the id that the entry has in the registry, empty when it has none.
void ScriptedAttacks::enter(Known& known, AttackEntry attack, const std::string& before)
{
    ScriptRecord& record = known.record;
    const AttackInfo info = attack.info;
    record.name = nameOfId(info.id);
    try {
        if (info.id == before)
            m_registry.replace(std::move(attack));
        else
            m_registry.add(std::move(attack));
    } catch (const Error& error) {
        known.taken = true;
        throw Error(error.happened(), record.entry.string(), error.mend());
    }
    record.id = info.id;
    record.title = info.title;
    record.sha256 = info.sha256;
}

ScriptRecord ScriptedAttacks::openHeld(const fs::path& entry)
{
    const std::string before = idOf(entry);
    Known known{.record = {.entry = entry, .file = entry}, .entry = stampOf(entry), .file = stampOf(entry)};
    ScriptRecord& record = known.record;
    record.name = entry.stem().string();
    try {
        AttackCard card;
        if (isCard(entry)) {
            card = readAttackCard(entry);
            record.file = card.file;
            record.name = card.name;
            known.file = stampOf(card.file);
            if (known.file == Stamp{})
                throw Error("is gone", card.file.string(), "Put it back, or remove this entry.");
        }
        ScriptAttack attack =
            openScriptAttack(record.file, {.name = card.name, .title = card.title, .verdicts = &m_verdicts});
        if (!card.sha256.empty() && card.sha256 != attack.entry.info.sha256)
            addSentence(record.warning, "It has changed since it was imported, and is used as it is now. "
                                        "Put the old file back, or import it anew.");
        addSentence(record.warning, attack.warning);
        enter(known, std::move(attack.entry), before);
    } catch (const Error& error) {
        record.problem = error.what();
        record.warning.clear();
    }
    if (!before.empty() && before != record.id)
        m_registry.remove(before);
    const std::lock_guard lock(m_mutex);
    const auto old =
        std::ranges::find_if(m_known, [&](const Known& each) { return each.record.entry == entry; });
    if (old != m_known.end())
        *old = known;
    else
        m_known.push_back(known);
    return known.record;
}

} // namespace assay::attacks
