#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/encryption/defense_report.h"

#include <torch/types.h>

namespace assay::encryption {

using namespace reporting;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr const char* kDefenseRates =
    "all attacked test images; those wrong without an attack count as wrong";

std::string defenseImages(const DefenseResults& r)
{
    return std::to_string(r.size()) + " test images, " + r.cipher + ", " + r.attack + ". ";
}

std::string defenseEps(double eps)
{
    return "ε = " + shortText(eps);
}

/// What it takes to be broken: who is worth a bar.
std::vector<DefenseVictim> defenseMainVictims(const DefenseResults& r)
{
    std::vector<DefenseVictim> shown;
    for (const DefenseVictim& v : r.victims())
        if (v.name == "plain" || v.name == "keyed-1" || v.name == "random" || v.network > r.members)
            shown.push_back(v);
    return shown;
}

void addDefenseCell(Layer& cells, const DefenseResults& r, const torch::Tensor& right)
{
    const metrics::Rate rate = keyedRate(right);
    cells.z.push_back(100 * rate.value);
    cells.count.push_back(static_cast<double>(rate.count));
    cells.denominator.push_back(static_cast<double>(rate.n));
    cells.samples.add(idsWhere(r.ids, right.logical_not()));
}

} // namespace

Figure defenseByEps(const DefenseResults& r, const DefenseView& view)
{
    Figure f{.name = "accuracy-by-eps",
             .title = view.victim.title + ": accuracy over ε, by what the attacker knows",
             .section = "What the attacker knows",
             .rateOf = kDefenseRates,
             .interval = kWilson};
    f.caption = defenseImages(r) +
                "A0 to A3 do not have the key and say how well it hides the way; A5 and A6 have it and say "
                "what is left when it is lost. A defence that only A0 to A3 respect is obscure, not robust.";
    f.x = {.label = "ε (L∞)", .unit = "of [0,1]", .low = 0, .sets = "view_eps"};
    f.y = percentScale("Accuracy");
    for (std::size_t t = 0; t < r.attacked.size(); ++t) {
        Layer line;
        line.kind = LayerKind::Line;
        line.name = r.threats[t].title;
        const auto add = [&](double x, const DefenseAnswers& answers) {
            const torch::Tensor right = r.right(answers, view.victim);
            addRateMark(line, x, keyedRate(right), true);
            line.samples.add(idsWhere(r.ids, right.logical_not()));
        };
        add(0, r.clean);
        for (std::size_t e = 0; e < r.eps.size(); ++e)
            add(r.eps[e], r.attacked[t][e]);
        f.layers.push_back(std::move(line));
    }
    return f;
}

Figure defenseMatrix(const DefenseResults& r, const DefenseView& view)
{
    Figure f{.name = "attacker-knows",
             .title =
                 "Accuracy left at " + defenseEps(r.eps[view.eps]) + ": what is known against who is asked",
             .section = "What the attacker knows",
             .rateOf = kDefenseRates};
    f.caption = defenseImages(r) +
                "Each row is one attacker, whose examples are put to every model. Random draws a member for "
                "every image, Average takes the mean probability, Worst counts images that all members get "
                "right. A click on a cell shows the attacker's images.";
    f.x = {.label = "Model asked", .scale = AxisScale::Category, .sets = "view_victim"};
    f.y = {.label = "", .scale = AxisScale::Category, .sets = "view_threat"};
    f.colour = {.label = "Accuracy", .unit = "%", .low = 0, .high = 100};
    f.aspect = 1.4;
    f.opens = "examples";
    const auto victims = r.victims();
    for (const DefenseVictim& v : victims)
        f.x.categories.push_back(v.name);
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    cells.columns = static_cast<std::uint32_t>(victims.size());
    const auto row = [&](const std::string& name, const DefenseAnswers& answers) {
        f.y.categories.push_back(name);
        for (const DefenseVictim& v : victims)
            addDefenseCell(cells, r, r.right(answers, v));
    };
    // Row 0 is at the bottom: the strongest attacker first, and no attack on top.
    for (std::size_t t = r.attacked.size(); t-- > 0;)
        row(r.threats[t].id, r.attacked[t][view.eps]);
    row("no attack", r.clean);
    cells.rows = static_cast<std::uint32_t>(f.y.categories.size());
    f.layers.push_back(std::move(cells));
    return f;
}

Figure defenseBars(const DefenseResults& r, const DefenseView& view)
{
    Figure f{.name = "accuracy-by-attacker",
             .title = "Accuracy left at " + defenseEps(r.eps[view.eps]) + " by what the attacker knows",
             .section = "What the attacker knows",
             .rateOf = kDefenseRates,
             .interval = kWilson};
    f.caption = defenseImages(r) +
                "The public network falls to A0, its own gradient. What a key gains is the "
                "height of A0 to A3 above that; what its loss costs is A5 and A6.";
    f.x = {.label = "Attacker", .scale = AxisScale::Category, .sets = "view_threat"};
    f.y = percentScale("Accuracy");
    f.opens = "examples";
    for (const DefenseThreat& t : r.threats)
        if (f.x.categories.size() < r.attacked.size())
            f.x.categories.push_back(t.id);
    for (const DefenseVictim& v : defenseMainVictims(r)) {
        Layer bars;
        bars.kind = LayerKind::Bars;
        bars.name = v.title;
        bars.role = "model:" + v.name;
        for (std::size_t t = 0; t < r.attacked.size(); ++t) {
            const torch::Tensor right = r.right(r.attacked[t][view.eps], v);
            addRateMark(bars, static_cast<double>(t), keyedRate(right), true);
            bars.samples.add(idsWhere(r.ids, right.logical_not()));
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure defenseCross(const DefenseResults& r)
{
    Figure f{.name = "cross-key",
             .title = "From key to key at " + defenseEps(r.eps.back()),
             .section = "Between keys",
             .rateOf = kDefenseRates};
    f.caption = defenseImages(r) +
                "Accuracy of one member on examples made on another with that other's key. On the diagonal "
                "the attacker has the right key; beside it the examples have to carry over.";
    f.x = {.label = "Asked", .scale = AxisScale::Category};
    f.y = {.label = "Made on", .scale = AxisScale::Category};
    f.colour = {.label = "Accuracy", .unit = "%", .low = 0, .high = 100};
    f.aspect = 1.2;
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    cells.rows = cells.columns = static_cast<std::uint32_t>(r.members);
    for (std::size_t j = 0; j < r.members; ++j) {
        f.x.categories.push_back(r.networks[j + 1]);
        f.y.categories.push_back(r.networks[j + 1]);
        for (std::size_t i = 0; i < r.members; ++i)
            addDefenseCell(cells, r,
                           r.cross[static_cast<std::int64_t>(j)][static_cast<std::int64_t>(i)] == r.y);
    }
    f.layers.push_back(std::move(cells));
    return f;
}

Figure defenseKeySensitivity(const DefenseResults& r)
{
    Figure f{.name = "key-sensitivity",
             .title = "Clean accuracy with the right key, a wrong one and none",
             .caption =
                 std::to_string(r.size()) + " test images, " + r.cipher +
                 ". The gap between the first bar and the others is what the key locks; it is far from "
                 "chance where a network reads shuffled blocks as texture.",
             .section = "Keys",
             .rateOf = "test images",
             .interval = kWilson};
    f.x = {.label = "Member", .scale = AxisScale::Category};
    f.y = percentScale("Accuracy");
    Layer right{.kind = LayerKind::Bars, .name = "right key", .role = "same"};
    Layer wrong{.kind = LayerKind::Bars, .name = "wrong key", .role = "different"};
    Layer none{.kind = LayerKind::Bars, .name = "no key", .role = "neutral"};
    for (std::size_t i = 0; i < r.members; ++i) {
        f.x.categories.push_back(r.networks[i + 1]);
        const auto row = static_cast<std::int64_t>(i);
        for (const auto& [layer, classes] :
             {std::pair{&right, r.clean.asked[row + 1]}, {&wrong, r.wrongKey[row]}, {&none, r.noKey[row]}}) {
            const torch::Tensor hit = classes == r.y;
            addRateMark(*layer, static_cast<double>(i), keyedRate(hit), true);
            layer->samples.add(idsWhere(r.ids, hit.logical_not()));
        }
    }
    const metrics::Rate plain = keyedRate(r.clean.asked[0] == r.y);
    f.layers = {std::move(right), std::move(wrong), std::move(none)};
    Layer line{.kind = LayerKind::Marks, .name = "plain network", .role = "chance"};
    line.y = {100 * plain.value};
    line.labels = {"plain network"};
    f.layers.push_back(std::move(line));
    return f;
}

Figure defenseSlices(const DefenseResults& r)
{
    Figure f{.name = "loss-slices",
             .title = "Loss of keyed-1 along the directions that attackers see",
             .caption =
                 "Mean cross-entropy of the first " + std::to_string(std::min<std::int64_t>(100, r.size())) +
                 " images, moved by a distance along the sign of a gradient. A smooth and steep line "
                 "for the right key says that gradients are hidden by the key and not broken. How much "
                 "steeper than random signs the others are is how much of the way they still show.",
             .section = "Gradients"};
    f.x = {.label = "Distance (L∞)", .unit = "of [0,1]", .low = 0};
    f.y = {.label = "Cross-entropy", .unit = "nats", .low = 0};
    for (const DefenseSlice& slice : r.slices) {
        Layer line{.kind = LayerKind::Line, .name = slice.name};
        line.x = r.sliceDistances;
        line.y = slice.loss;
        f.layers.push_back(std::move(line));
    }
    return f;
}

} // namespace assay::encryption
