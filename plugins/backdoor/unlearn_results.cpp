#include "plugins/backdoor/unlearn_results.h"

#include "backend/engine/reporting/stored_results.h"
#include "plugins/backdoor/unlearn_baselines.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

Json unlearnRates(const BackdoorRates& rates)
{
    Json json = Json::array();
    for (const metrics::Rate& rate : {rates.clean, rates.others, rates.target, rates.asr, rates.recovered})
        json.insert(json.end(), {rate.count, rate.n});
    return json;
}

BackdoorRates unlearnRatesFrom(const Json& json)
{
    BackdoorRates rates;
    std::size_t i = 0;
    for (metrics::Rate* rate : {&rates.clean, &rates.others, &rates.target, &rates.asr, &rates.recovered}) {
        *rate = metrics::wilson(json.at(i).get<std::int64_t>(), json.at(i + 1).get<std::int64_t>());
        i += 2;
    }
    return rates;
}

std::string unlearnKey(const char* what, std::size_t first, std::size_t second)
{
    return std::string(what) + "." + std::to_string(first) + "." + std::to_string(second);
}

} // namespace

BackdoorRates UnlearnResults::ratesOf(const UnlearnStep& step) const
{
    return backdoorRates(step.clean, step.triggered, y, poison, classCount());
}

std::vector<std::string> UnlearnResults::methods() const
{
    std::vector<std::string> names;
    for (const UnlearnStep& step : steps)
        if (std::ranges::find(names, step.method) == names.end())
            names.push_back(step.method);
    return names;
}

std::vector<const UnlearnStep*> UnlearnResults::film(const std::string& method) const
{
    std::vector<const UnlearnStep*> found;
    for (const UnlearnStep& step : steps) {
        const bool before = method == "repair-clean" && step.method == "edit" && step.stage != "repair";
        if (step.method == method || before)
            found.push_back(&step);
    }
    return found;
}

std::string unlearnTitle(const std::string& method)
{
    const auto it = std::ranges::find(unlearnBaselines(), method);
    if (it != unlearnBaselines().end())
        return unlearnBaselineTitles()[static_cast<std::size_t>(it - unlearnBaselines().begin())];
    if (method == "backdoored")
        return "Backdoored";
    if (method == "edit")
        return "Edit";
    if (method == "repair")
        return "Edit, repaired";
    if (method == "repair-clean")
        return "Edit, repaired with clean images";
    return method;
}

engine::TensorMap toTensors(const UnlearnResults& r)
{
    engine::TensorMap map;
    Json meta = {{"classes", r.classes},      {"poison", poisoning::toJson(r.poison)},
                 {"knows", r.knowsTrigger},   {"alpha", r.alpha},
                 {"layers", Json::array()},   {"steps", Json::array()},
                 {"outcomes", Json::array()}, {"curves", Json::array()}};
    map["ids"] = r.ids;
    map["y"] = r.y;
    map["forget"] = r.forget;
    map["contrast"] = r.contrast;
    for (std::size_t l = 0; l < r.layers.size(); ++l) {
        const UnlearnLayer& layer = r.layers[l];
        meta["layers"].push_back({layer.name, layer.convolution, layer.edited, layer.change, layer.repaired,
                                  layer.guidance.empty});
        map[unlearnKey("layer", l, 0)] = layer.forget.input;
        map[unlearnKey("layer", l, 1)] = layer.forget.output;
        map[unlearnKey("layer", l, 2)] = layer.contrast.input;
        map[unlearnKey("layer", l, 3)] = layer.contrast.output;
        map[unlearnKey("layer", l, 4)] = layer.guidance.a;
        map[unlearnKey("layer", l, 5)] = layer.guidance.b;
    }
    std::vector<torch::Tensor> clean, triggered;
    for (const UnlearnStep& step : r.steps) {
        meta["steps"].push_back({step.method, step.stage, step.step, step.images, step.seconds});
        clean.push_back(step.clean);
        triggered.push_back(step.triggered);
    }
    map["clean"] = torch::stack(clean).to(torch::kInt32);
    map["triggered"] = torch::stack(triggered).to(torch::kInt32);
    for (std::size_t l = 0; l < r.layers.size(); ++l) {
        std::vector<torch::Tensor> difference, change;
        for (const UnlearnStep& step : r.steps) {
            difference.push_back(step.units[l].difference);
            change.push_back(step.units[l].change);
        }
        map[unlearnKey("units", l, 0)] = torch::stack(difference);
        map[unlearnKey("units", l, 1)] = torch::stack(change);
    }
    for (const UnlearnOutcome& o : r.outcomes)
        meta["outcomes"].push_back({o.method, o.seed, unlearnRates(o.rates), o.seconds, o.images});
    for (const CurvePoint& p : r.curves)
        meta["curves"].push_back({p.curve, p.x, p.seed, unlearnRates(p.rates)});
    map["meta"] = reporting::jsonTensor(meta);
    return map;
}

UnlearnResults unlearnResultsFrom(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    UnlearnResults r;
    stored.meta([&](const Json& meta) {
        r.classes = meta.at("classes").get<std::vector<std::string>>();
        r.poison = poisoning::poisonFromJson(meta.at("poison"), "artifact 'outcomes'");
        r.knowsTrigger = meta.at("knows").get<bool>();
        r.alpha = meta.at("alpha").get<double>();
        for (const Json& j : meta.at("layers")) {
            UnlearnLayer layer;
            layer.name = j.at(0).get<std::string>();
            layer.convolution = j.at(1).get<bool>();
            layer.edited = j.at(2).get<bool>();
            layer.change = j.at(3).get<double>();
            layer.repaired = j.at(4).get<double>();
            layer.guidance.empty = j.at(5).get<bool>();
            r.layers.push_back(std::move(layer));
        }
        for (const Json& j : meta.at("steps")) {
            UnlearnStep step;
            step.method = j.at(0).get<std::string>();
            step.stage = j.at(1).get<std::string>();
            step.step = j.at(2).get<int>();
            step.images = j.at(3).get<std::int64_t>();
            step.seconds = j.at(4).get<double>();
            r.steps.push_back(std::move(step));
        }
        for (const Json& j : meta.at("outcomes"))
            r.outcomes.push_back({j.at(0).get<std::string>(), j.at(1).get<int>(), unlearnRatesFrom(j.at(2)),
                                  j.at(3).get<double>(), j.at(4).get<std::int64_t>()});
        for (const Json& j : meta.at("curves"))
            r.curves.push_back({j.at(0).get<std::string>(), j.at(1).get<double>(), j.at(2).get<int>(),
                                unlearnRatesFrom(j.at(3))});
    });
    r.ids = stored.at("ids", torch::kInt64, 1);
    r.y = stored.at("y", torch::kInt64, 1);
    r.forget = stored.at("forget", torch::kInt64, 1);
    r.contrast = stored.at("contrast", torch::kInt64, 1);
    const auto steps = static_cast<std::int64_t>(r.steps.size());
    const torch::Tensor clean = stored.at("clean", torch::kInt32, 2).to(torch::kInt64);
    const torch::Tensor triggered = stored.at("triggered", torch::kInt32, 2).to(torch::kInt64);
    if (clean.sizes() != triggered.sizes() || clean.size(0) != steps || clean.size(1) != r.ids.numel() ||
        r.y.numel() != r.ids.numel())
        reporting::StoredResults::refuse("clean");
    for (std::size_t s = 0; s < r.steps.size(); ++s) {
        r.steps[s].clean = clean[static_cast<std::int64_t>(s)];
        r.steps[s].triggered = triggered[static_cast<std::int64_t>(s)];
    }
    for (std::size_t l = 0; l < r.layers.size(); ++l) {
        UnlearnLayer& layer = r.layers[l];
        const auto vector = [&](std::size_t part) {
            return stored.at(unlearnKey("layer", l, part), torch::kFloat32, 1);
        };
        layer.forget = {vector(0), vector(1)};
        layer.contrast = {vector(2), vector(3)};
        layer.guidance.a = vector(4);
        layer.guidance.b = vector(5);
        const torch::Tensor difference = stored.at(unlearnKey("units", l, 0), torch::kFloat32, 2);
        const torch::Tensor change = stored.at(unlearnKey("units", l, 1), torch::kFloat32, 2);
        if (difference.sizes() != change.sizes() || difference.size(0) != steps)
            reporting::StoredResults::refuse("units");
        for (std::size_t s = 0; s < r.steps.size(); ++s)
            r.steps[s].units.push_back(
                {difference[static_cast<std::int64_t>(s)], change[static_cast<std::int64_t>(s)]});
    }
    return r;
}

} // namespace assay::backdoor
