#include "backend/engine/importing/model_inspection.h"

#include "backend/engine/catalogue.h"
#include "backend/engine/devices.h"
#include "backend/models/model_report.h"
#include "backend/protocol/csv.h"

#include <chrono>
#include <thread>

namespace assay::engine {

using protocol::Finding;

namespace {

const std::string kBusyText =
    "A run was computing while the speed was measured: alone it is faster. Measure again "
    "when no run is queued.";
constexpr std::chrono::milliseconds kMeasureTime{1000};
constexpr std::chrono::milliseconds kPauseTime{2000};
constexpr std::chrono::milliseconds kPausePoll{5};

std::string numbers(const std::vector<double>& values)
{
    std::string text;
    for (const double value : values)
        text += (text.empty() ? "" : ", ") + protocol::csvNumber(value);
    return text;
}

/// What the network is given of a pixel: how wrong or double normalisation shows.
Finding contractOf(const models::InputSpec& input)
{
    std::string text = "Expects " + std::to_string(input.channels) + " x " + std::to_string(input.height) +
                       " x " + std::to_string(input.width) + " images";
    text += input.bgr ? ", blue first. " : ". ";
    const bool plain = input.scale == 1 && input.mean == std::vector<double>(input.mean.size(), 0.0) &&
                       input.stddev == std::vector<double>(input.stddev.size(), 1.0);
    if (plain)
        text += "Pixels in [0,1] go in as they are.";
    else
        text += "Pixels in [0,1] are multiplied by " + protocol::csvNumber(input.scale) + ", " +
                numbers(input.mean) + " is subtracted, and the rest divided by " + numbers(input.stddev) +
                ".";
    return {Finding::Level::Info, text};
}

Json layersJson(const models::ModelReport& report)
{
    Json list = Json::array();
    for (const models::LayerReport& layer : report.tree) {
        list.push_back({{"path", layer.path},
                        {"kind", layer.kind},
                        {"parameters", layer.parameters},
                        {"macs", layer.macs ? Json(*layer.macs) : Json()},
                        {"output", layer.output}});
    }
    return list;
}

Json parametersJson(const models::ModelReport& report)
{
    Json list = Json::array();
    for (const models::ParameterReport& parameter : report.parameters) {
        list.push_back({{"name", parameter.name},
                        {"shape", parameter.shape},
                        {"mean", parameter.mean},
                        {"std", parameter.stddev},
                        {"min", parameter.min},
                        {"max", parameter.max},
                        {"counts", parameter.counts}});
    }
    return list;
}

/// Measures while the batch lane stands still, if it comes to that.
double measured(Engine& engine, const models::Model& model, protocol::Findings& findings)
{
    const LaneGate::Live aside(engine.gate());
    const auto end = std::chrono::steady_clock::now() + kPauseTime;
    const auto isBusy = [&] { return !engine.batch().jobs().empty() && engine.gate().waiting() == 0; };
    while (isBusy() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(kPausePoll);
    if (isBusy())
        findings.push_back({Finding::Level::Warning, kBusyText});
    return models::imagesPerSecond(model, kMeasureTime);
}

/// The catalogue's entry, or one made of the card for a file that is not imported.
Json entryOf(const Engine& engine, const std::string& nameOrPath, const models::ModelCard& card)
{
    for (Json& entry : modelsJson(engine)) {
        if (entry["name"] == nameOrPath)
            return std::move(entry);
    }
    return modelEntry(card);
}

} // namespace

Json modelInspection(Engine& engine, const std::string& nameOrPath, bool measure)
{
    const auto model = engine.inputs().model(nameOrPath, resolveDevice("auto"));
    const models::ModelCard& card = model->card();
    models::ModelReport report = models::reportOf(*model);
    const Json entry = entryOf(engine, nameOrPath, card);
    if (model->hasNetwork())
        report.findings.insert(report.findings.begin(), contractOf(card.input));
    else
        report.findings.push_back(
            {Finding::Level::Info, "Holds the predictions for " +
                                       std::to_string(model->predictions().logits.size(0)) +
                                       " images and no network: good for studies that need no gradients."});
    if (model->detects())
        report.findings.push_back(
            {Finding::Level::Info,
             "Finds objects of " + std::to_string(model->classCount()) +
                 (model->classCount() == 1 ? " class" : " classes") + "; its answer is read as " +
                 card.output.dump(-1, ' ', false, Json::error_handler_t::replace) + "."});
    if (const std::string warning = entry["warning"].get<std::string>(); !warning.empty())
        report.findings.push_back({Finding::Level::Warning, warning});
    Json result = {{"model", entry},
                   {"tree", layersJson(report)},
                   {"parameters", parametersJson(report)},
                   {"taps", report.taps},
                   {"input",
                    {{"channels", card.input.channels},
                     {"height", card.input.height},
                     {"width", card.input.width},
                     {"mean", card.input.mean},
                     {"stddev", card.input.stddev},
                     {"scale", card.input.scale},
                     {"bgr", card.input.bgr}}},
                   {"output", report.output},
                   {"macs", report.macs ? Json(*report.macs) : Json()},
                   {"parameterCount", report.parameterCount}};
    if (measure && model->hasNetwork())
        result["imagesPerSecond"] = measured(engine, *model, report.findings);
    result["findings"] = protocol::toJson(report.findings);
    return result;
}

} // namespace assay::engine
