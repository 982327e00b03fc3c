#include "backend/models/generative/generative_file.h"

#include "backend/models/initialise.h"
#include "backend/models/model_file.h"
#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"

#include <torch/types.h>

#include <algorithm>
#include <iterator>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

constexpr const char* kNoisePart = "noise.";
constexpr const char* kReaderPart = "reader.";
constexpr std::int64_t kLargest = 4096; ///< of any size that a card may ask for

fs::path besideCard(const fs::path& folder, const GenerativeCard& card, const char* ending)
{
    return folder / (card.name + ending);
}

GenerativeCard writeGenerative(const fs::path& folder, const NamedTensors& weights, GenerativeCard card)
{
    std::error_code code;
    fs::create_directories(folder, code);
    if (code)
        throw Error("the folder cannot be made: " + code.message(), folder.string());
    const fs::path file = besideCard(folder, card, ".safetensors");
    writeSafetensors(file, weights, {{"format", "pt"}});
    card.sha256 = fileSha256(file);
    writeWhole(besideCard(folder, card, ".json"), toJson(card).dump(2) + "\n");
    return card;
}

NamedTensors checkedWeights(const fs::path& folder, const GenerativeCard& card, GenerativeKind kind)
{
    const fs::path file = besideCard(folder, card, ".safetensors");
    if (card.kind != kind)
        throw Error(kind == GenerativeKind::LatentDiffusion ? "is no latent diffusion" : "is no generator",
                    besideCard(folder, card, ".json").string(), "Name one of the other kind.");
    if (fileSha256(file) != card.sha256)
        throw Error("the file is not the one its card describes: the SHA-256 differs", file.string(),
                    "Fetch both files again, or train it again with 'assay-cli zoo train " + card.name +
                        "'.");
    return readSafetensors(file).tensors;
}

/// A number of the card's options: cards come from outside.
std::int64_t sizeIn(const Json& options, const char* key, const std::string& where)
{
    if (!options.contains(key) || !options.at(key).is_number_integer() ||
        options.at(key).get<std::int64_t>() < 1 || options.at(key).get<std::int64_t>() > kLargest)
        throw Error(std::string("'options.") + key + "' must be a whole number from 1 to " +
                        std::to_string(kLargest),
                    where, "Mend the card.");
    return options.at(key).get<std::int64_t>();
}

NamedTensors prefixed(const std::string& prefix, const NamedTensors& tensors)
{
    NamedTensors named;
    for (const auto& [name, tensor] : tensors)
        named.emplace_back(prefix + name, tensor);
    return named;
}

NamedTensors partNamed(const std::string& prefix, const NamedTensors& tensors)
{
    NamedTensors found;
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with(prefix))
            found.emplace_back(name.substr(prefix.size()), tensor);
    return found;
}

void freeze(Network& network, torch::Device device)
{
    network.to(device);
    network.eval();
    for (torch::Tensor& parameter : network.parameters())
        parameter.requires_grad_(false);
}

} // namespace

GenerativeCard saveGenerative(const fs::path& folder, const StyleAutoencoder& network, GenerativeCard card)
{
    card.kind = GenerativeKind::StyleAutoencoder;
    card.options = toJson(network.spec());
    card.parameters = parameterCount(network);
    return writeGenerative(folder, network.persistent(), std::move(card));
}

GenerativeCard saveGenerative(const fs::path& folder, const ToldDiffusion& networks, GenerativeCard card)
{
    card.kind = GenerativeKind::LatentDiffusion;
    card.options = {{"latent", networks.diffusion->latent()},
                    {"side", networks.reader->side()},
                    {"values", networks.reader->values()}};
    card.parameters = parameterCount(*networks.diffusion) + parameterCount(*networks.reader);
    NamedTensors weights = prefixed(kNoisePart, networks.diffusion->persistent());
    std::ranges::copy(prefixed(kReaderPart, networks.reader->persistent()), std::back_inserter(weights));
    return writeGenerative(folder, weights, std::move(card));
}

std::shared_ptr<StyleAutoencoder> openAutoencoder(const fs::path& folder, const GenerativeCard& card,
                                                  torch::Device device)
{
    const NamedTensors weights = checkedWeights(folder, card, GenerativeKind::StyleAutoencoder);
    const std::string where = besideCard(folder, card, ".json").string();
    const auto network = std::make_shared<StyleAutoencoder>(
        StyleAutoencoderSpec{.side = sizeIn(card.options, "side", where),
                             .latent = sizeIn(card.options, "latent", where),
                             .style = sizeIn(card.options, "style", where),
                             .width = sizeIn(card.options, "width", where)});
    loadWeights(*network, weights, where);
    freeze(*network, device);
    return network;
}

ToldDiffusion openDiffusion(const fs::path& folder, const GenerativeCard& card, torch::Device device)
{
    const NamedTensors weights = checkedWeights(folder, card, GenerativeKind::LatentDiffusion);
    const std::string where = besideCard(folder, card, ".json").string();
    std::vector<std::int64_t> values;
    if (const Json given = card.options.value("values", Json::array()); given.is_array() && !given.empty())
        for (const Json& value : given)
            values.push_back(sizeIn({{"values", value}}, "values", where));
    if (values.empty())
        throw Error("'options.values' must list how many values each attribute has", where, "Mend the card.");
    ToldDiffusion made{.diffusion = std::make_shared<LatentDiffusion>(sizeIn(card.options, "latent", where),
                                                                      AttributeReader::kEmbedding),
                       .reader =
                           std::make_shared<AttributeReader>(sizeIn(card.options, "side", where), values)};
    loadWeights(*made.diffusion, partNamed(kNoisePart, weights), where);
    loadWeights(*made.reader, partNamed(kReaderPart, weights), where);
    freeze(*made.diffusion, device);
    freeze(*made.reader, device);
    return made;
}

} // namespace assay::models
