#include "backend/engine/importing/foreign_files.h"

#include "backend/attacks/scripted/script_kind.h"
#include "backend/engine/importing/import_form.h"
#include "backend/models/detection/detector.h"
#include "backend/models/model_file.h"
#include "backend/models/torchscript/torchscript_format.h"
#include "backend/protocol/error.h"
#include "backend/protocol/text.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

/// Throws what keeps a file from being used as it is.
void requireReady(const fs::path& location, const std::vector<std::string>& asks,
                  const protocol::Findings& findings)
{
    for (const auto& finding : findings) {
        if (finding.level == protocol::Finding::Level::Problem)
            throw Error(finding.text.ends_with('.') ? finding.text.substr(0, finding.text.size() - 1)
                                                    : finding.text,
                        location.string());
    }
    if (asks.empty())
        return;
    std::string names;
    std::string settings;
    for (std::size_t i = 0; i < asks.size(); ++i) {
        names += (i == 0 ? "" : i + 1 == asks.size() ? " and " : ", ") + asks[i];
        settings += " --set " + asks[i] + "=VALUE";
    }
    throw Error("only you can say its " + names, location.string(),
                "Import it first: `assay-cli import " + location.string() + settings + "`.");
}

/// Reads a detector's answer to a black image, which throws when it is not laid out as its card says.
void requireBoxes(const std::shared_ptr<const models::Model>& model)
{
    const models::InputSpec& input = model->card().input;
    const torch::NoGradGuard off;
    models::Detector(model).candidates(
        torch::zeros({1, input.channels, input.height, input.width}, torch::TensorOptions(model->device())));
}

void requireOutputs(const models::Model& model)
{
    const models::InputSpec& input = model.card().input;
    const torch::NoGradGuard off;
    const torch::Tensor logits = model.logits(
        torch::zeros({2, input.channels, input.height, input.width}, torch::TensorOptions(model.device())));
    if (logits.dim() != 2 || logits.size(0) != 2 || logits.size(1) != model.classCount())
        throw Error("has an output of shape " + std::string(c10::str(logits.sizes())) +
                        " for 2 images; it must be 2 x " + std::to_string(model.classCount()) +
                        ", one number for each class",
                    model.card().file, "Give the network's classes, or export its logits alone.");
}

/// A network and an attack may both come as TorchScript.
void tellScript(const fs::path& file, Recognised& found)
{
    const std::string name = file.filename().string();
    switch (attacks::scriptKind(file)) {
    case attacks::ScriptKind::Network:
        return;
    case attacks::ScriptKind::Attack:
        found.attack = true;
        break;
    case attacks::ScriptKind::Both:
        found.problem = name + " has both 'forward' and 'step', so it could be a network or an attack. Save "
                               "it with only one of them.";
        break;
    case attacks::ScriptKind::Neither:
        found.problem = name + " is TorchScript without 'forward' and without 'step', so it is neither a "
                               "network nor an attack. Mark the method with @torch.jit.export.";
        break;
    }
    found.model = nullptr;
}

} // namespace

Recognised recognise(const fs::path& location)
{
    std::error_code code;
    if (!fs::exists(location, code))
        throw Error("there is no such file or folder", location.string(), "Check the path.");
    Recognised found;
    if (!fs::is_directory(location, code))
        found.model = models::recogniseModel(location);
    if (found.model == &models::kTorchScriptFormat)
        tellScript(location, found);
    if (!found.model && !found.attack && found.problem.empty())
        found.data = data::recogniseData(location);
    return found;
}

std::shared_ptr<const models::Model> openModel(const models::ModelCard& card, torch::Device device)
{
    const models::ModelFormat& format = models::modelFormat(card.format);
    if (format.predictions)
        return std::make_shared<const models::Model>(format.predictions(card, card.file), card);
    auto network = format.load(card, card.file);
    network->to(device);
    auto model = std::make_shared<const models::Model>(std::move(network), card);
    if (model->detects())
        requireBoxes(model);
    else
        requireOutputs(*model);
    return model;
}

bool isForeignModel(const std::string& nameOrPath)
{
    const fs::path path = nameOrPath;
    const bool isPath = nameOrPath.find('/') != std::string::npos || path.has_extension();
    std::error_code code;
    if (!isPath || path.extension() == ".json" || !fs::is_regular_file(path, code))
        return false;
    return path.extension() != ".safetensors" || !fs::exists(fs::path(path).replace_extension(".json"), code);
}

models::ModelCard foreignModelCard(const fs::path& file)
{
    const models::ModelFormat* format = models::recogniseModel(file);
    if (!format) {
        const std::string ending = lowered(file.extension().string());
        const bool arrays = ending == ".npz" || ending == ".npy" || ending == ".csv" || ending == ".tsv";
        throw Error(
            "is no model that can be read here", file.string(),
            arrays ? "Predictions are real numbers 'logits' [N,C] with C of at least 2, and 'labels' [N] "
                     "to be judged by."
                   : "See `assay-cli import --help` for the kinds of files.");
    }
    models::ModelImport found = format->inspect(file, {});
    requireReady(file, found.asks, found.findings);
    models::ModelCard card = std::move(found.card);
    card.name = suggestedName(file, {});
    card.format = format->name;
    card.file = fs::absolute(file).lexically_normal().string();
    card.sha256 = models::fileSha256(file);
    return card;
}

} // namespace assay::engine
