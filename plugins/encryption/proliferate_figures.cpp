#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/encryption/proliferate_report.h"

#include <torch/types.h>

namespace assay::encryption {

using namespace reporting;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr const char* kFleetRates = "all attacked test images; those wrong without an attack count as wrong";

std::string fleetImages(const FleetResults& r)
{
    return std::to_string(r.size()) + " test images, " + r.cipher + ", " + r.attack +
           ", ε = " + shortText(r.eps) + ". ";
}

void addFleetRate(Layer& layer, double x, const FleetResults& r, const torch::Tensor& classes)
{
    const torch::Tensor right = classes == r.y;
    addRateMark(layer, x, keyedRate(right), true);
    layer.samples.add(idsWhere(r.ids, right.logical_not()));
}

void addFleetCell(Layer& cells, const FleetResults& r, const torch::Tensor& classes)
{
    const torch::Tensor right = classes == r.y;
    const metrics::Rate rate = keyedRate(right);
    cells.z.push_back(100 * rate.value);
    cells.count.push_back(static_cast<double>(rate.count));
    cells.denominator.push_back(static_cast<double>(rate.n));
    cells.samples.add(idsWhere(r.ids, right.logical_not()));
}

Layer fleetLine(double percent, const std::string& label)
{
    Layer line{.kind = LayerKind::Marks, .name = label, .role = "chance"};
    line.y = {percent};
    line.labels = {label};
    return line;
}

} // namespace

Figure fleetMethods(const FleetResults& r)
{
    Figure f{.name = "methods",
             .title = "Clean accuracy over the share of weights that a key trains",
             .caption = std::to_string(r.size()) + " test images, " + r.cipher +
                        ", the key of device 1, as many epochs for each. A device stores what it trains.",
             .section = "Methods",
             .rateOf = "test images",
             .interval = kWilson};
    f.x = {.label = "Weights trained, of all", .unit = "%", .scale = AxisScale::Log};
    f.y = {.label = "Clean accuracy", .unit = "%"};
    for (const FleetMember& m : r.methods) {
        Layer point{.kind = LayerKind::Points, .name = m.title};
        addFleetRate(point, 100 * m.share(), r, m.clean);
        point.labels = {m.title};
        f.layers.push_back(std::move(point));
    }
    f.layers.push_back(fleetLine(100 * r.rate(r.baseClean).value, "base, plain images"));
    return f;
}

Figure fleetMethodBars(const FleetResults& r)
{
    Figure f{.name = "method-bars",
             .title = "What each method keeps: right key, wrong key, and under attack",
             .caption = fleetImages(r) +
                        "From the base: the attacker has the public network alone. Own gradient: everything, "
                        "the key included.",
             .section = "Methods",
             .rateOf = kFleetRates,
             .interval = kWilson};
    f.x = {.label = "Method", .scale = AxisScale::Category};
    f.y = percentScale("Accuracy");
    Layer clean{.kind = LayerKind::Bars, .name = "right key", .role = "same"};
    Layer wrong{.kind = LayerKind::Bars, .name = "wrong key", .role = "neutral"};
    Layer base{.kind = LayerKind::Bars, .name = "attacked from the base", .role = "accent"};
    Layer own{.kind = LayerKind::Bars, .name = "attacked by its own gradient", .role = "different"};
    for (const FleetMember& m : r.methods) {
        const double x = static_cast<double>(f.x.categories.size());
        f.x.categories.push_back(m.title);
        addFleetRate(clean, x, r, m.clean);
        addFleetRate(wrong, x, r, m.wrongKey);
        addFleetRate(base, x, r, m.fromBase);
        addFleetRate(own, x, r, m.own);
    }
    f.layers = {std::move(clean), std::move(wrong), std::move(base), std::move(own)};
    return f;
}

Figure fleetTransfer(const FleetResults& r)
{
    Figure f{.name = "transfer",
             .title = "From device to device",
             .caption =
                 fleetImages(r) +
                 "Accuracy of one device on examples made on another, which the attacker owns with its "
                 "key; the last row is made on the public base. On the diagonal the attacked device "
                 "itself was stolen. A click shows the images.",
             .section = "Between devices",
             .rateOf = kFleetRates};
    f.x = {.label = "Attacked", .scale = AxisScale::Category, .sets = "view_to"};
    f.y = {.label = "Made on", .scale = AxisScale::Category, .sets = "view_from"};
    f.colour = {.label = "Accuracy", .unit = "%", .low = 0, .high = 100};
    f.aspect = 1.2;
    f.opens = "examples";
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    const auto d = static_cast<std::int64_t>(r.devices.size());
    f.y.categories.emplace_back("base");
    for (const FleetMember& device : r.devices) {
        f.x.categories.push_back(device.name);
        f.y.categories.push_back(device.name);
        addFleetCell(cells, r, device.fromBase);
    }
    for (std::int64_t from = 0; from < d; ++from)
        for (std::int64_t to = 0; to < d; ++to)
            addFleetCell(cells, r, r.transfer[from][to]);
    cells.rows = static_cast<std::uint32_t>(d + 1);
    cells.columns = static_cast<std::uint32_t>(d);
    f.layers.push_back(std::move(cells));
    return f;
}

Figure fleetThreats(const FleetResults& r)
{
    Figure f{.name = "threats",
             .title = "What is left of device 1, by what the attacker has",
             .caption =
                 fleetImages(r) +
                 "After renewal: examples of the stolen device 1, asked of its successor with a new key. "
                 "Square asks for scores and sees no gradient; it attacked the first " +
                 std::to_string(r.squareImages) + " images.",
             .section = "Between devices",
             .rateOf = kFleetRates,
             .interval = kWilson};
    f.x = {.label = "Attacker has", .scale = AxisScale::Category};
    f.y = percentScale("Accuracy");
    Layer bars{.kind = LayerKind::Bars, .name = r.method, .role = "model:device-1"};
    const auto add = [&](const std::string& name, const torch::Tensor& classes) {
        addFleetRate(bars, static_cast<double>(f.x.categories.size()), r, classes);
        f.x.categories.push_back(name);
    };
    const FleetMember& first = r.devices.front();
    add("no attack", first.clean);
    add("base", first.fromBase);
    if (r.devices.size() > 1)
        add("device 2", r.transfer[1][0]);
    add("weights, guesses", r.guessed);
    if (!r.stolen.empty() && r.stolen.back().count > 1)
        add("all other devices",
            r.stolen.back().classes.narrow(0, r.stolen.back().classes.size(0) - r.size(), r.size()));
    if (r.square.defined()) {
        const torch::Tensor right = r.square == r.y.narrow(0, 0, r.squareImages);
        addRateMark(bars, static_cast<double>(f.x.categories.size()), keyedRate(right), true);
        bars.samples.add(idsWhere(r.ids.narrow(0, 0, r.squareImages), right.logical_not()));
        f.x.categories.emplace_back("answers (Square)");
    }
    add("everything", first.own);
    if (r.revoked)
        add("after renewal", r.oldOnNew);
    f.layers.push_back(std::move(bars));
    return f;
}

Figure fleetStolen(const FleetResults& r)
{
    Figure f{.name = "stolen",
             .title = "The more devices are stolen, the less is left of another",
             .caption = fleetImages(r) +
                        "Made on the mean logit of stolen devices, asked of a device that is not among them; "
                        "the first and the last device were attacked in turn.",
             .section = "Between devices",
             .rateOf = "attacked test images, of two devices",
             .interval = kWilson};
    f.x = {.label = "Stolen devices", .low = 0};
    f.y = percentScale("Accuracy");
    Layer line{.kind = LayerKind::Line, .name = r.method, .role = "model:device-1"};
    for (const FleetStolen& s : r.stolen)
        addRateMark(line, static_cast<double>(s.count), r.stolenRate(s), true);
    f.layers.push_back(std::move(line));
    f.layers.push_back(fleetLine(100 * r.meanDiagonal(), "copies of one device"));
    return f;
}

Figure fleetPermuted(const FleetResults& r)
{
    Figure f{.name = "permuted-stem",
             .title = "Warning: keys moved into the first layer protect nobody",
             .caption = fleetImages(r) +
                        "Two devices made without training answer exactly as the base does, and whoever has "
                        "one breaks both: perturbations are added to plain pixels, before the key.",
             .section = "Key-permuted first layer",
             .rateOf = kFleetRates,
             .interval = kWilson};
    f.x = {.label = "",
           .scale = AxisScale::Category,
           .categories = {"clean", "attacked by its own gradient", "attacked from the other"}};
    f.y = percentScale("Accuracy");
    for (std::int64_t i = 0; i < r.permutedDevices; ++i) {
        Layer bars{.kind = LayerKind::Bars, .name = "Permuted device " + std::to_string(i + 1)};
        addFleetRate(bars, 0, r, r.permutedClean[i]);
        addFleetRate(bars, 1, r, r.permutedTransfer[i][i]);
        addFleetRate(bars, 2, r, r.permutedTransfer[1 - i][i]);
        f.layers.push_back(std::move(bars));
    }
    return f;
}

} // namespace assay::encryption
