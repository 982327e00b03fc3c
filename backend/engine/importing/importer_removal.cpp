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

} // namespace

std::string Importer::remove(const std::string& kind, const std::string& name)
{
    const std::lock_guard lock(m_mutex);
    if (kind != "model" && kind != "data")
        throw Error("'kind' must be \"model\" or \"data\"", "request");
    const RemovedCards removed(m_workspace.root() / "removed");
    const bool isPlain = name.find('/') == std::string::npos && !name.starts_with('.');
    std::error_code code;
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
    throw Error(std::string("there is no ") + (kind == "model" ? "model" : "data set") + " '" +
                    name.substr(0, 200) + "'",
                {}, protocol::suggestion(name, takenNames(kind)));
}

Importer::Added Importer::restore(const std::string& token)
{
    const std::lock_guard lock(m_mutex);
    const RemovedCards::Card card = RemovedCards(m_workspace.root() / "removed").find(token);
    const fs::path back = cardOf(card.kind, card.stem);
    std::string name = card.stem;
    try {
        name =
            card.kind == "model" ? models::readCard(card.file).name : data::readDataCard(card.file).info.name;
    } catch (const Error&) {
        // A broken card goes back as it was.
    }
    const auto taken = takenNames(card.kind);
    std::error_code code;
    if (std::ranges::find(taken, name) != taken.end() || fs::exists(back, code))
        throw Error(std::string("there is a ") + (card.kind == "model" ? "model" : "data set") + " '" + name +
                        "' again",
                    {}, "Remove that one first.");
    makeFolder(back.parent_path());
    fs::rename(card.file, back, code);
    if (code)
        throwFileError(code.value(), back);
    return {card.kind, name};
}

} // namespace assay::engine
