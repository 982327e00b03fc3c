#include "plugins/calibration/dac_results.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/reporting/table_rows.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;
using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

engine::TensorMap toTensors(const DacResults& r)
{
    Json meta = {{"layers", Json::array()},
                 {"fits", Json::array()},
                 {"temperatures", Json::array()},
                 {"ood", Json::array()}};
    for (const LayerWeight& l : r.layers)
        meta["layers"].push_back({l.model, l.layer, l.split, l.weight, l.effect});
    for (const DacSummary& f : r.fits)
        meta["fits"].push_back({f.model, f.split, f.bias, f.loss, f.clipped});
    for (const TemperatureGroup& t : r.temperatures)
        meta["temperatures"].push_back({t.model, t.group, t.n, t.numbers});
    for (const OodScore& o : r.ood)
        meta["ood"].push_back({o.model, o.score, o.auroc});
    return {{"meta", reporting::jsonTensor(meta)}};
}

DacResults dacResultsFrom(const engine::TensorMap& tensors)
{
    DacResults r;
    reporting::StoredResults(tensors).meta([&](const Json& meta) {
        for (const Json& l : meta.at("layers"))
            r.layers.push_back({l.at(0), l.at(1), l.at(2), l.at(3), l.at(4)});
        for (const Json& f : meta.at("fits"))
            r.fits.push_back({f.at(0), f.at(1), f.at(2), f.at(3), f.at(4)});
        for (const Json& t : meta.at("temperatures"))
            r.temperatures.push_back({t.at(0), t.at(1), t.at(2), t.at(3).get<std::array<double, 5>>()});
        for (const Json& o : meta.at("ood"))
            r.ood.push_back({o.at(0), o.at(1), o.at(2)});
    });
    return r;
}

std::array<double, 5> fiveNumbers(const torch::Tensor& values)
{
    const torch::Tensor at = torch::tensor({0.0, 0.25, 0.5, 0.75, 1.0}, torch::kFloat64);
    const torch::Tensor found = torch::quantile(values.to(torch::kFloat64), at).contiguous();
    std::array<double, 5> numbers{};
    std::copy_n(found.data_ptr<double>(), 5, numbers.begin());
    return numbers;
}

Figure layersFigure(const DacResults& r, const std::string& model)
{
    Figure f{.name = "layers",
             .title = "Which layers' density counts: " + model,
             .section = "Density",
             .interval = "Split-to-split"};
    f.caption = "The weight of a layer times the standard deviation of its score: how far it moves the "
                "temperature. Weights of layers with nearly the same scores may be exchanged between splits.";
    f.x = {.label = "Layer", .scale = protocol::AxisScale::Category};
    f.y = {.label = "Effect on the temperature", .low = 0};
    Layer bars{.kind = LayerKind::Bars, .name = "Effect", .role = "accent"};
    std::vector<int> counts;
    for (const LayerWeight& l : r.layers) {
        if (l.model != model)
            continue;
        const auto it = std::ranges::find(f.x.categories, l.layer);
        const auto position = static_cast<std::size_t>(it - f.x.categories.begin());
        if (it == f.x.categories.end()) {
            f.x.categories.push_back(l.layer);
            bars.x.push_back(static_cast<double>(position));
            bars.y.push_back(0);
            bars.low.push_back(l.effect);
            bars.high.push_back(l.effect);
            counts.push_back(0);
        }
        const double n = ++counts[position];
        bars.y[position] += (l.effect - bars.y[position]) / n;
        bars.low[position] = std::min(bars.low[position], l.effect);
        bars.high[position] = std::max(bars.high[position], l.effect);
    }
    f.layers = {std::move(bars)};
    return f;
}

Figure temperaturesFigure(const DacResults& r, const std::string& model)
{
    Figure f{.name = "temperatures", .title = "Temperature of each sample: " + model, .section = "Density"};
    f.caption = "Of the samples judged by, first split: least, quartiles, greatest. Shifted: the greatest "
                "severity of all shifts. Shuffled: clean images cut into 4 × 4 patches in random order.";
    f.x = {.label = "Samples", .scale = protocol::AxisScale::Category};
    f.y = {.label = "Temperature"};
    Layer boxes{.kind = LayerKind::Boxes, .name = "Temperature", .role = "accent"};
    for (const TemperatureGroup& t : r.temperatures) {
        if (t.model != model)
            continue;
        boxes.x.push_back(static_cast<double>(f.x.categories.size()));
        f.x.categories.push_back(t.group);
        boxes.z.insert(boxes.z.end(), t.numbers.begin(), t.numbers.end());
        boxes.labels.push_back(std::to_string(t.n) + " samples");
    }
    f.layers = {std::move(boxes)};
    return f;
}

Table layersTable(const DacResults& r)
{
    Table t{.name = "layers", .title = "Layers", .section = "Density"};
    t.columns = {textColumn("model", "Model"), textColumn("layer", "Layer"), numberColumn("seed", "Split", 0),
                 numberColumn("weight", "Weight", 4), numberColumn("effect", "Weight × deviation", 4)};
    for (const LayerWeight& l : r.layers)
        TableRow(t) << l.model << l.layer << l.split << l.weight << l.effect;
    return t;
}

Table fitsTable(const DacResults& r)
{
    Table t{.name = "fits", .title = "Fits", .section = "Density"};
    t.columns = {textColumn("model", "Model"), numberColumn("seed", "Split", 0),
                 numberColumn("bias", "Temperature without density", 4), numberColumn("loss", "Loss", 6),
                 numberColumn("clipped", "Clipped share", 4)};
    for (const DacSummary& f : r.fits)
        TableRow(t) << f.model << f.split << f.bias << f.loss << f.clipped;
    return t;
}

Table temperaturesTable(const DacResults& r)
{
    Table t{.name = "temperatures", .title = "Temperatures", .section = "Density"};
    t.columns = {textColumn("model", "Model"),
                 textColumn("group", "Samples"),
                 numberColumn("n", "n", 0),
                 numberColumn("least", "Least", 3),
                 numberColumn("q1", "1st quartile", 3),
                 numberColumn("median", "Median", 3),
                 numberColumn("q3", "3rd quartile", 3),
                 numberColumn("greatest", "Greatest", 3)};
    for (const TemperatureGroup& g : r.temperatures) {
        TableRow row(t);
        row << g.model << g.group << static_cast<double>(g.n);
        for (const double number : g.numbers)
            row << number;
    }
    return t;
}

Table oodTable(const DacResults& r)
{
    Table t{.name = "ood", .title = "Clean or senseless?", .section = "Density"};
    t.caption =
        "The chance that a clean image has a smaller temperature, or a larger confidence, than one of "
        "shuffled patches.";
    t.columns = {textColumn("model", "Model"), textColumn("score", "Score"),
                 numberColumn("auroc", "AUROC", 4)};
    for (const OodScore& o : r.ood)
        TableRow(t) << o.model << o.score << o.auroc;
    return t;
}

} // namespace assay::confidence
