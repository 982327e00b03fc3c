#include "backend/attacks/scripted/attack_card.h"
#include "backend/engine/files.h"
#include "backend/engine/importing/importer.h"
#include "backend/engine/importing/removed_cards.h"
#include "backend/models/card.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>

// The part of Importer that takes cards away and puts them back.

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

bool isWithin(const fs::path& file, const fs::path& folder)
{
    return file.parent_path().lexically_normal() == folder.lexically_normal();
}

[[noreturn]] void refuseBuiltin(const char* what, const std::string& name)
{
    throw Error(std::string("the ") + what + " '" + name + "' came with Assay and cannot be removed", {},
                "Only what was imported into this workspace can.");
}

std::string nameIn(const RemovedCards::Card& card)
{
    if (card.kind == "attack")
        return attacks::readAttackCard(card.file).name;
    return card.kind == "model" ? models::readCard(card.file).name : data::readDataCard(card.file).info.name;
}

[[noreturn]] void refuseUnknown(const std::string& kind, const std::string& name,
                                const std::vector<std::string>& known)
{
    throw Error("there is no " + nounOf(kind) + " '" + name.substr(0, 200) + "'", {},
                protocol::suggestion(name, known));
}

} // namespace

/// What is set aside for a scripted attack: its card, or the script that lies in the workspace.
fs::path Importer::removableAttack(const std::string& name) const
{
    for (const attacks::ScriptRecord& record : m_attacks.records()) {
        if (record.name != scriptName(name))
            continue;
        if (isWithin(record.entry, m_workspace.attacks()))
            return record.entry;
        throw Error("the attack '" + name + "' lies in a folder that all workspaces share",
                    record.entry.string(), "Delete the file there.");
    }
    for (const attacks::AttackInfo& info : attacks::attacks().list()) {
        if (info.id == name)
            throw Error("the attack '" + name + "' is built in or a plugin's and cannot be removed", {},
                        "Only what was imported into this workspace can.");
    }
    refuseUnknown("attack", name, takenNames("attack"));
}

std::string Importer::remove(const std::string& kind, const std::string& name)
{
    const std::lock_guard lock(m_mutex);
    if (kind != "model" && kind != "data" && kind != "attack")
        throw Error("'kind' must be \"model\", \"data\" or \"attack\"", "request");
    const RemovedCards removed(m_workspace.root() / "removed");
    const bool isPlain = name.find('/') == std::string::npos && !name.starts_with('.');
    std::error_code code;
    if (kind == "attack") {
        const fs::path entry = removableAttack(name);
        std::string token = removed.setAside(kind, entry);
        m_attacks.close(entry);
        return token;
    }
    if (kind == "model") {
        const auto known = takenNames(kind);
        if (std::ranges::find(known, name) != known.end()) {
            const fs::path file = m_inputs.models().cardFile(name);
            if (!isWithin(file, m_workspace.models()))
                refuseBuiltin("model", name);
            return removed.setAside(kind, file);
        }
    } else if (const auto own = m_inputs.dataCards().find(name)) {
        return removed.setAside(kind, own->file);
    } else {
        const auto known = takenNames(kind);
        if (std::ranges::find(known, name) != known.end())
            refuseBuiltin("data set", name);
    }
    // A card that cannot be read has no name but its file's.
    if (isPlain && fs::is_regular_file(cardOf(kind, name), code))
        return removed.setAside(kind, cardOf(kind, name));
    refuseUnknown(kind, name, takenNames(kind));
}

Importer::Added Importer::restore(const std::string& token)
{
    const std::lock_guard lock(m_mutex);
    const RemovedCards::Card card = RemovedCards(m_workspace.root() / "removed").find(token);
    const fs::path back = folderOf(card.kind) / (card.stem + card.file.extension().string());
    std::string name = card.stem;
    try {
        if (card.file.extension() == ".json")
            name = nameIn(card);
    } catch (const Error&) {
        // A broken card goes back as it was.
    }
    const auto taken = takenNames(card.kind);
    std::error_code code;
    if (std::ranges::find(taken, name) != taken.end() || fs::exists(back, code))
        throw Error("there is " + withArticle(card.kind) + " '" + name + "' again", {},
                    "Remove that one first.");
    makeFolder(back.parent_path());
    fs::rename(card.file, back, code);
    if (code)
        throwFileError(code.value(), back);
    if (card.kind == "attack")
        name = std::string(attacks::kScriptPrefix) + m_attacks.open(back).name;
    return {card.kind, name};
}

} // namespace assay::engine
