#include "backend/models/torchscript/torchscript_format.h"

#include "backend/models/detection/detector_import.h"
#include "backend/models/formats/input_probe.h"
#include "backend/models/torchscript/script_archive.h"
#include "backend/models/torchscript/torchscript_network.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::models {

namespace {

using Level = protocol::Finding::Level;
using Parts = AnswerParts;

ScriptOptions readOptions(const ModelCard& card, const std::string& where)
{
    const protocol::JsonFields fields(card.options, where, "the options of the network");
    ScriptOptions options{.output = fields.text("output", false),
                          .probabilities = fields.flag("probabilities"),
                          .batch = fields.count("batch", false)};
    if (card.task == Task::Detection)
        options.layout = parseOutputLayout(card.output, where);
    return options;
}

/// The parts of an answer to @p count images that may be logits.
Parts rowsOf(const Parts& parts, std::int64_t count)
{
    Parts rows;
    std::ranges::copy_if(parts, std::back_inserter(rows), [&](const auto& part) {
        return part.second.dim() == 2 && part.second.size(0) == count && part.second.is_floating_point();
    });
    return rows;
}

/// The part named by @p place, else the first that may be logits, else the only one.
torch::Tensor likelyLogits(const TorchScriptNetwork& network, const std::string& place,
                           const torch::Tensor& x)
{
    const Parts parts = network.answer(x);
    if (!place.empty()) {
        const auto named = std::ranges::find_if(parts, [&](const auto& part) { return part.first == place; });
        if (named == parts.end())
            throw Error("the network's answer has no tensor '" + place.substr(0, 80) + "'");
        return named->second;
    }
    const Parts rows = rowsOf(parts, x.size(0));
    if (rows.empty() && parts.size() != 1)
        throw Error("none of the " + std::to_string(parts.size()) +
                    " tensors in the network's answer gives a row of numbers to each image");
    return rows.empty() ? parts.front().second : rows.front().second;
}

ProbeTarget probeTarget(const TorchScriptNetwork& network, const ScriptOptions& options)
{
    ProbeTarget target;
    target.run = [&network, options](const torch::Tensor& x) {
        return options.layout ? network.rawOutput(x) : likelyLogits(network, options.output, x);
    };
    if (options.layout)
        target.classesOf = [layout = *options.layout](const torch::Tensor& output) {
            return layoutClasses(output, layout, {});
        };
    target.weights = network.persistent();
    target.batch = options.batch;
    if (auto layer = network.firstLayerInput())
        target.firstLayerInput = *layer;
    if (auto norm = network.firstNorm()) {
        target.firstNormInput = norm->input;
        target.runningMean = norm->runningMean;
        target.runningVar = norm->runningVar;
    }
    return target;
}

/// Which part of a tuple or dict is taken; asks where several might be.
std::string chooseOutput(const TorchScriptNetwork& network, const InputContract& contract,
                         const ScriptOptions& options, ModelImport& import)
{
    const torch::NoGradGuard off;
    const InputSpec& input = contract.input;
    const std::int64_t count = std::max<std::int64_t>(1, contract.batch);
    const Parts parts = network.answer(torch::zeros({count, input.channels, input.height, input.width}));
    if (parts.size() == 1 && parts.front().first.empty())
        return {};
    const Parts rows = rowsOf(parts, count);
    std::string names;
    for (const auto& [name, tensor] : rows)
        names += (names.empty() ? "" : ", ") +
                 ("'" + name + "' of " + std::to_string(tensor.size(1)) + " numbers");
    if (options.output.empty() && rows.size() > 1) {
        import.findings.push_back({Level::Warning, "the network answers with several tensors: " + names +
                                                       ". Say which are the logits: options {\"output\": \"" +
                                                       rows.front().first + "\"}."});
        import.asks.emplace_back("options");
    }
    const std::string chosen = options.output.empty() && !rows.empty() ? rows.front().first : options.output;
    import.findings.push_back({Level::Info, "the network answers with " + std::to_string(parts.size()) +
                                                " tensors, of which '" + chosen + "' is taken as logits."});
    return chosen;
}

bool hasSavedNorms(const NamedTensors& tensors)
{
    return std::ranges::any_of(tensors, [](const auto& item) { return item.first.ends_with("running_var"); });
}

/// What LibTorch throws on the way, as one sentence.
template <class Work>
auto explained(const std::filesystem::path& file, const Work& work)
{
    try {
        return work();
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error("cannot be opened as TorchScript: " + scriptSentence(error), file.string(),
                    "Export the network with torch.jit.trace.");
    }
}

ModelImport inspectFile(const std::filesystem::path& file, const ModelCorrections& corrections)
{
    ModelImport import;
    ModelCard& card = import.card;
    card.format = kTorchScriptFormat.name;
    card.file = file.string();
    card.name = corrections.name.value_or(file.stem().string());
    card.title = corrections.title.value_or(card.name);
    card.architecture = corrections.architecture.value_or("TorchScript");
    card.dataset = corrections.dataset.value_or("");
    card.options = corrections.options.value_or(Json::object());
    const LoweredScript script = openScript(file);
    {
        const ScriptOptions plain = readOptions(card, file.string());
        const TorchScriptNetwork look(script, InputSpec{}, plain, file.string());
        const auto answers = [&](const torch::Tensor& x) { return look.answer(x); };
        const auto answer = answerOf(answers, probeTarget(look, plain), corrections);
        if (answer && !noteAnswer(*answer, import))
            return import;
    }
    const ScriptOptions options = readOptions(card, file.string());
    const TorchScriptNetwork raw(script, InputSpec{}, options, file.string());
    const InputContract contract = probeInput(probeTarget(raw, options), corrections);
    applyContract(contract, corrections, import);
    card.parameters = raw.parameterCount();
    import.details["taps"] = script.taps;
    if (contract.classes == 0)
        return import;
    const std::string output = options.layout ? std::string() : chooseOutput(raw, contract, options, import);
    if (!output.empty())
        card.options["output"] = output;
    TorchScriptNetwork network(script, card.input, readOptions(card, file.string()), file.string());
    network.fold();
    import.details["frozen"] = network.folded();
    if (!network.folded())
        import.findings.push_back(
            {hasSavedNorms(raw.persistent()) ? Level::Warning : Level::Info,
             "the network runs as it was saved: making its weights constants changed its "
             "answers or failed. Attacks on it take up to 1.6 times as long."});
    return import;
}

ModelImport inspect(const std::filesystem::path& file, const ModelCorrections& corrections)
{
    return explained(file, [&] { return inspectFile(file, corrections); });
}

std::shared_ptr<Network> load(const ModelCard& card, const std::filesystem::path& file)
{
    return explained(file, [&]() -> std::shared_ptr<Network> {
        return std::make_shared<TorchScriptNetwork>(openScript(file), card.input,
                                                    readOptions(card, file.string()), file.string());
    });
}

} // namespace

const ModelFormat kTorchScriptFormat = {
    .name = "torchscript",
    .title = "TorchScript",
    .recognises = isScriptArchive,
    .inspect = inspect,
    .load = load,
};

} // namespace assay::models
