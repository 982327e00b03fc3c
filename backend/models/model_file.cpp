#include "backend/models/model_file.h"

#include "backend/models/architectures/architectures.h"
#include "backend/models/card.h"
#include "backend/models/formats/model_format.h"
#include "backend/models/initialise.h"
#include "backend/models/state_dict/weights_match.h"
#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <QFile>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

constexpr const char* kWeights = ".safetensors";
constexpr const char* kCard = ".json";

fs::path stemOf(const fs::path& file)
{
    const std::string ending = file.extension().string();
    return ending == kWeights || ending == kCard ? fs::path(file).replace_extension() : file;
}

fs::path with(const fs::path& stem, const char* ending)
{
    return fs::path(stem.string() + ending); // replace_extension would eat the end of "net.v2"
}

} // namespace

void loadWeights(Network& network, NamedTensors tensors, const std::string& where)
{
    if (const WeightsMatch match = matchWeights(network, tensors); !match.fits())
        throw Error("the weights do not fit the architecture: " + match.sentence(), where,
                    "Check the architecture and options in the model's card.");
    std::map<std::string, torch::Tensor*> given;
    for (auto& [name, tensor] : tensors)
        given[name] = &tensor;
    const torch::NoGradGuard off;
    for (auto& [name, tensor] : network.persistent()) {
        tensor.copy_(*given[name]);
        given[name]->reset(); // what is mapped from a file gives its pages back
    }
}

namespace {

/// Where the card says its weights are.
fs::path weightsOf(const ModelCard& card, const fs::path& stem)
{
    return card.file.empty() ? with(stem, kWeights) : stem.parent_path() / card.file;
}

std::shared_ptr<Network> loadBuiltin(const ModelCard& card, const fs::path& weights)
{
    auto network = makeNetwork(card.architecture, card.options, card.input,
                               static_cast<std::int64_t>(card.classes.size()));
    loadWeights(*network, readSafetensors(weights).tensors, weights.string());
    return network;
}

} // namespace

std::shared_ptr<const Model> loadModel(const fs::path& file, torch::Device device)
{
    const fs::path stem = stemOf(file);
    const ModelCard card = readCard(with(stem, kCard));
    const fs::path weights = weightsOf(card, stem);
    if (!card.sha256.empty() && fileSha256(weights) != card.sha256)
        throw Error("the file is not the one its card describes: the SHA-256 differs", weights.string(),
                    "Fetch both files again, train the model again, or import the changed file anew.");
    std::shared_ptr<Network> network;
    if (card.format == kBuiltinFormat) {
        network = loadBuiltin(card, weights);
    } else {
        const ModelFormat& format = modelFormat(card.format);
        if (format.predictions)
            return std::make_shared<const Model>(format.predictions(card, weights), card);
        network = format.load(card, weights);
    }
    network->to(device);
    return std::make_shared<const Model>(network, card);
}

ModelCard saveModel(const fs::path& folder, const Network& network, ModelCard card)
{
    const fs::path stem = folder / card.name;
    const fs::path weights = with(stem, kWeights);
    writeSafetensors(weights, network.persistent(), {{"format", "pt"}});
    card.parameters = parameterCount(network);
    card.sha256 = fileSha256(weights);
    writeCard(with(stem, kCard), card);
    return card;
}

std::string fileSha256(const fs::path& file)
{
    QFile input(QString::fromStdString(file.string()));
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!input.open(QIODevice::ReadOnly) || !hash.addData(&input))
        throw Error("cannot be read", file.string(), "Check that the file exists and may be read.");
    return hash.result().toHex().toStdString();
}

} // namespace assay::models
