#include "backend/models/model_file.h"

#include "backend/models/architectures/architectures.h"
#include "backend/models/card.h"
#include "backend/models/formats/model_format.h"
#include "backend/models/initialise.h"
#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <QFile>
#include <torch/torch.h>

#include <map>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

constexpr const char* kWeights = ".safetensors";
constexpr const char* kCard = ".json";
constexpr std::size_t kNamesShown = 8;

/// Collects names under a heading; a damaged file must not make a message of a megabyte.
class NameList
{
public:
    explicit NameList(std::string heading)
        : m_heading(std::move(heading))
    {}

    void add(const std::string& name)
    {
        if (m_count++ < kNamesShown)
            m_names += (m_names.empty() ? "" : ", ") + name.substr(0, 100);
    }

    bool empty() const { return m_count == 0; }

    void appendTo(std::string& text) const
    {
        if (m_count == 0)
            return;
        text += (text.empty() ? "" : "; ") + m_heading + " " + m_names;
        if (m_count > kNamesShown)
            text += " and " + std::to_string(m_count - kNamesShown) + " more";
    }

private:
    std::string m_heading;
    std::string m_names;
    std::size_t m_count = 0;
};

std::string shapeText(const torch::Tensor& tensor)
{
    std::string text;
    for (const std::int64_t size : tensor.sizes())
        text += (text.empty() ? "" : "x") + std::to_string(size);
    return "[" + text + "]";
}

bool isCounter(const std::string& name)
{
    return name.ends_with("num_batches_tracked"); // PyTorch saves it; evaluation has no use for it
}

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

void loadWeights(Network& network, const NamedTensors& tensors, const std::string& where)
{
    std::map<std::string, const torch::Tensor*> given;
    for (const auto& [name, tensor] : tensors)
        given[name] = &tensor;
    auto expected = network.persistent();
    NameList missing("missing");
    NameList misshaped("of another shape");
    NameList unexpected("unexpected");
    for (const auto& [name, tensor] : expected) {
        const auto it = given.find(name);
        if (it == given.end())
            missing.add(name);
        else if (it->second->sizes() != tensor.sizes())
            misshaped.add(name + " " + shapeText(*it->second) + " instead of " + shapeText(tensor));
    }
    std::map<std::string, bool> names;
    for (const auto& entry : expected)
        names[entry.first] = true;
    for (const auto& entry : given) {
        if (!names.contains(entry.first) && !isCounter(entry.first))
            unexpected.add(entry.first);
    }
    std::string problems;
    for (const NameList* list : {&missing, &misshaped, &unexpected})
        list->appendTo(problems);
    if (!problems.empty())
        throw Error("the weights do not fit the architecture: " + problems, where,
                    "Check the architecture and options in the model's card.");
    const torch::NoGradGuard off;
    for (auto& [name, tensor] : expected)
        tensor.copy_(*given[name]);
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
