#include "backend/models/generative/generative_card.h"

#include "backend/models/card.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"
#include "backend/protocol/run_spec.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

constexpr const char* kAutoencoderKind = "style-autoencoder";
constexpr const char* kDiffusionKind = "latent-diffusion";

GenerativeKind generativeKindFrom(const std::string& text, const std::string& where)
{
    if (text == kAutoencoderKind)
        return GenerativeKind::StyleAutoencoder;
    if (text == kDiffusionKind)
        return GenerativeKind::LatentDiffusion;
    throw Error("'kind' is '" + text + "'; style-autoencoder or latent-diffusion was expected", where,
                "Mend the card.");
}

} // namespace

Json toJson(const GenerativeCard& card)
{
    return {{"name", card.name},
            {"title", card.title},
            {"summary", card.summary},
            {"kind", card.kind == GenerativeKind::LatentDiffusion ? kDiffusionKind : kAutoencoderKind},
            {"options", card.options},
            {"dataset", card.dataset},
            {"dataset_sha256", card.datasetHash},
            {"recipe", card.recipe},
            {"measured", card.measured},
            {"parameters", card.parameters},
            {"sha256", card.sha256}};
}

GenerativeCard generativeCardFromJson(const Json& json, const std::string& where)
{
    const protocol::JsonFields reader(json, where, "the generator's card");
    GenerativeCard card;
    card.name = reader.text("name");
    card.title = reader.text("title", false);
    card.summary = reader.text("summary", false);
    card.kind = generativeKindFrom(reader.text("kind"), where);
    card.options = reader.object("options", true);
    card.dataset = reader.text("dataset");
    card.datasetHash = reader.text("dataset_sha256");
    card.recipe = reader.object("recipe");
    card.measured = reader.object("measured");
    card.parameters = reader.count("parameters", false);
    card.sha256 = reader.text("sha256");
    return card;
}

GenerativeCard readGenerativeCard(const fs::path& file)
{
    const std::string where = file.string();
    std::error_code code;
    if (!fs::is_regular_file(file, code))
        throw Error("no such file", where);
    if (fs::file_size(file, code) > kMaxCardBytes || code)
        throw Error("is larger than 1 MiB, too large for a card", where);
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    return generativeCardFromJson(protocol::parseJson(text.str(), where), where);
}

fs::path generativeFolder(const fs::path& zoo)
{
    return zoo / "generators";
}

std::vector<GenerativeCard> generativeCards(const fs::path& folder, std::vector<std::string>* problems)
{
    std::vector<GenerativeCard> cards;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
        if (entry.path().extension() != ".json" || entry.path().filename().string().starts_with('.'))
            continue;
        try {
            cards.push_back(readGenerativeCard(entry.path()));
        } catch (const Error& error) {
            if (problems)
                problems->emplace_back(error.what());
        }
    }
    std::ranges::sort(cards, {}, &GenerativeCard::name);
    return cards;
}

} // namespace assay::models
