#include "backend/engine/importing/file_warning.h"

#include "backend/engine/files.h"
#include "backend/protocol/error.h"

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

std::optional<FileStamp> stampInCard(const fs::path& cardFile)
{
    try {
        const Json card = readJsonFile(cardFile);
        const auto it = card.find("stamp");
        return it != card.end() ? stampFromJson(*it) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt; // lists say apart that a card cannot be read
    }
}

std::string gone(const fs::path& file)
{
    return file.string() + " is gone. Put it back, or remove this entry.";
}

fs::path weightsOf(const fs::path& cardFile, const models::ModelCard& card)
{
    return card.file.empty() ? fs::path(cardFile).replace_extension(".safetensors")
                             : (cardFile.parent_path() / card.file).lexically_normal();
}

std::string changed(const fs::path& file)
{
    return file.string() + " has changed since it was imported. Put the old one back, or import it anew.";
}

} // namespace

std::string deletedRun(const fs::path& cardFile, const models::ModelCard& card)
{
    const auto run = card.recipe.is_object() ? card.recipe.find("run") : card.recipe.end();
    std::error_code code;
    if (run == card.recipe.end() || !run->is_string() || fs::exists(weightsOf(cardFile, card), code))
        return {};
    return "the run '" + run->get<std::string>() + "' that made it was deleted";
}

std::string modelWarning(const fs::path& cardFile, const models::ModelCard& card, FileHashes& hashes)
{
    if (const std::string deleted = deletedRun(cardFile, card); !deleted.empty())
        return "The" + deleted.substr(3) + ". Run the study again, or remove this entry.";
    const fs::path file = weightsOf(cardFile, card);
    const auto now = stampOf(file);
    if (!now)
        return gone(file);
    const auto then = stampInCard(cardFile);
    if (!then || *then == *now)
        return {};
    try {
        return then->bytes != now->bytes || hashes.of(file) != card.sha256 ? changed(file) : std::string();
    } catch (const Error& error) {
        return error.what();
    }
}

std::string dataWarning(const DataCards::Entry& entry)
{
    if (!entry.problem.empty())
        return {};
    const auto now = stampOf(entry.card.location);
    if (!now)
        return gone(entry.card.location);
    const auto then = stampInCard(entry.file);
    return !then || *then == *now ? std::string() : changed(entry.card.location);
}

} // namespace assay::engine
