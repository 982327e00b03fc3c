#include "plugins/encryption/recon_zoo.h"

#include "backend/data/dataset.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::encryption {

namespace {

using models::GenerativeCard;
using models::GenerativeKind;

std::int64_t wholeNumber(const Json& json, const char* key)
{
    const Json value = json.value(key, Json());
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

/// Why the generator cannot be taken; empty: it can.
std::string misfit(const GenerativeCard& card, const ReconParams& p, const data::Dataset& set)
{
    if (card.dataset != p.dataset.name)
        return "it learned images of " + card.dataset;
    if (card.datasetHash != set.hash())
        return "it learned other images of the same name";
    if (const std::int64_t side = wholeNumber(card.options, "side"); side != p.side)
        return "its images have " + std::to_string(side) + " pixels a side";
    return {};
}

bool isDiffusionOf(const GenerativeCard& card, const GenerativeCard& generator, const ReconParams& p)
{
    return card.kind == GenerativeKind::LatentDiffusion && card.datasetHash == generator.datasetHash &&
           card.recipe.value("generator_sha256", Json()) == Json(generator.sha256) &&
           wholeNumber(card.recipe, "block") == p.etcBlocks.front();
}

} // namespace

bool reconIsGeneratorFile(const std::string& generator)
{
    return generator.find_first_of("./") != std::string::npos;
}

ReconZoo reconZoo(engine::RunContext& context, const ReconParams& p, std::size_t attacked)
{
    ReconZoo zoo{.folder = models::generativeFolder(engine::Installation::find().resources / "zoo")};
    if (attacked == 0 || p.generator == kReconOwnGenerator || reconIsGeneratorFile(p.generator))
        return zoo;
    const auto set = context.dataset(p.dataset);
    const std::vector<GenerativeCard> cards = models::generativeCards(zoo.folder);
    std::string known;
    for (const GenerativeCard& card : cards) {
        if (card.kind != GenerativeKind::StyleAutoencoder)
            continue;
        known += (known.empty() ? "" : ", ") + card.name;
        if (!p.generator.empty() ? card.name != p.generator : card.dataset != p.dataset.name)
            continue;
        const std::string why = misfit(card, p, *set);
        if (why.empty()) {
            zoo.generator = card;
            break;
        }
        if (!p.generator.empty())
            throw Error("the generator '" + card.name + "' does not fit: " + why, "generator",
                        "Choose the images and the side that it learned, or leave the field empty.");
        context.log("The zoo's " + card.name + " is not taken: " + why + ". A generator is trained here.");
    }
    if (!zoo.generator && !p.generator.empty())
        throw Error("the zoo has no generator '" + p.generator + "'", "generator",
                    known.empty() ? "Train one with 'assay-cli zoo train', name a TorchScript file, or leave "
                                    "the field empty."
                                  : "There are: " + known + ". A TorchScript file is named by its path.");
    if (!zoo.generator)
        return zoo;
    const auto diffusion = std::ranges::find_if(
        cards, [&](const GenerativeCard& card) { return isDiffusionOf(card, *zoo.generator, p); });
    if (diffusion != cards.end())
        zoo.diffusion = *diffusion;
    context.log("From the zoo: " + zoo.generator->name +
                (zoo.diffusion ? " and " + zoo.diffusion->name + " with its embedding."
                               : "; no diffusion of it with blocks of " +
                                     std::to_string(p.etcBlocks.front()) + ", which is trained here."));
    return zoo;
}

} // namespace assay::encryption
