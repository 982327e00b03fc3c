#include "backend/engine/reporting/output_name.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/patches/pod_results.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::patches::pod {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr const char* kRange = "range over repeats";

protocol::Axis precisionAxis()
{
    return {.label = "AP of the objects at IoU 0.5", .low = 0, .high = 1};
}

Layer layerOf(LayerKind kind, const std::string& group)
{
    Layer layer;
    layer.kind = kind;
    layer.name = groupTitle(group);
    layer.role = "model:" + group;
    return layer;
}

void addSpread(Layer& layer, double x, const Spread& spread)
{
    layer.x.push_back(x);
    layer.y.push_back(spread.mean);
    layer.low.push_back(spread.low);
    layer.high.push_back(spread.high);
    layer.labels.push_back(std::to_string(spread.count) + (spread.count == 1 ? " detector" : " detectors"));
}

std::string sentenceOfCounts(const PodResults& r)
{
    return "Of " + std::to_string(r.testCount) +
           " test images; means over the repeats of a training, bars from the worst to the best.";
}

/// AP by scenario, one layer a group, over the categories of the x axis.
void addGroups(Figure& f, const PodResults& r, const std::vector<Scenario>& scenarios, LayerKind kind,
               const std::vector<double>& x)
{
    for (const std::string& group : r.groups) {
        Layer layer = layerOf(kind, group);
        for (std::size_t i = 0; i < scenarios.size(); ++i)
            if (const auto spread = r.apObject(group, scenarios[i]))
                addSpread(layer, x[i], *spread);
        if (!layer.x.empty())
            f.layers.push_back(std::move(layer));
    }
}

std::vector<double> positions(std::size_t count)
{
    std::vector<double> x(count);
    for (std::size_t i = 0; i < count; ++i)
        x[i] = static_cast<double>(i);
    return x;
}

} // namespace

Figure apFigure(const PodResults& r)
{
    Figure f{.name = "ap",
             .title = "Average precision, clean and under attack",
             .section = "Average precision",
             .interval = kRange};
    f.caption = sentenceOfCounts(r) + " Patches on objects: " + r.base.shape + ", " +
                reporting::shortText(r.base.size) +
                " of the diagonal. HOTCOLD blocks and learned shapes search on fewer images (see the table). "
                "Of the attacks, trainings with random patches have seen the scattered ones only.";
    f.x = {.label = "Attack", .scale = AxisScale::Category};
    std::vector<Scenario> scenarios;
    for (const std::string& attack : r.attacks) {
        f.x.categories.push_back(attackTitle(attack));
        scenarios.push_back(r.usual(attack));
    }
    f.y = precisionAxis();
    f.aspect = 2;
    addGroups(f, r, scenarios, LayerKind::Bars, positions(scenarios.size()));
    return f;
}

Figure sizesFigure(const PodResults& r, const std::string& attack)
{
    Figure f{.name = "sizes-" + reporting::outputName(attack),
             .title = "Over the size of the patch: " + attackTitle(attack),
             .section = "Sizes and shapes",
             .interval = kRange};
    f.caption = sentenceOfCounts(r) + " The same patches, pasted in other sizes.";
    f.x = {.label = "Side of the patch", .unit = "of the object's diagonal"};
    f.y = precisionAxis();
    std::vector<Scenario> scenarios;
    for (const double size : r.sizes)
        scenarios.push_back({attack, r.base.shape, size});
    addGroups(f, r, scenarios, LayerKind::Line, r.sizes);
    return f;
}

Figure shapesFigure(const PodResults& r, const std::string& attack)
{
    Figure f{.name = "shapes-" + reporting::outputName(attack),
             .title = "By the shape of the patch: " + attackTitle(attack),
             .section = "Sizes and shapes",
             .interval = kRange};
    f.caption = sentenceOfCounts(r) + " The same patches, cut to other shapes.";
    f.x = {.label = "Shape", .scale = AxisScale::Category, .categories = r.shapes};
    f.y = precisionAxis();
    std::vector<Scenario> scenarios;
    for (const std::string& shape : r.shapes)
        scenarios.push_back({attack, shape, r.base.size});
    addGroups(f, r, scenarios, LayerKind::Bars, positions(scenarios.size()));
    return f;
}

Figure areasFigure(const PodResults& r, const std::string& attack)
{
    Figure f{.name = "missed-" + reporting::outputName(attack),
             .title = "Objects missed, by their area: " + attackTitle(attack),
             .caption =
                 "Not found with a score of 0.4. Areas are thirds of the test images' objects; counts are "
                 "summed over the repeats.",
             .section = "Missed objects",
             .rateOf = "objects on the test images",
             .interval = reporting::kWilson};
    f.x = {.label = "Area of the object's box", .scale = AxisScale::Category};
    f.y = reporting::percentScale("Missed");
    for (const AreaBand band : kAreaBands)
        f.x.categories.push_back(areaName(band));
    for (const std::string& group : r.groups) {
        Layer bars = layerOf(LayerKind::Bars, group);
        for (const AreaBand band : kAreaBands) {
            std::int64_t missed = 0, truths = 0;
            for (const Outcome* outcome : r.outcomes(group, r.usual(attack))) {
                missed += outcome->found[static_cast<std::size_t>(band)].missed();
                truths += outcome->found[static_cast<std::size_t>(band)].truths;
            }
            if (truths > 0)
                reporting::addRateMark(bars, static_cast<double>(band), metrics::wilson(missed, truths),
                                       true);
        }
        if (!bars.x.empty())
            f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure defencesFigure(const PodResults& r)
{
    Figure f{.name = "defences",
             .title = "Beside simple defences",
             .section = "Average precision",
             .interval = kRange};
    f.caption = sentenceOfCounts(r) + " Filters clean the image before the undefended detector sees it.";
    f.x = {.label = "Attack", .scale = AxisScale::Category};
    f.y = precisionAxis();
    f.aspect = 2;
    for (const std::string& attack : r.attacks)
        f.x.categories.push_back(attackTitle(attack));
    const auto add = [&](const std::string& group, Defence defence, const std::string& title,
                         const std::string& role) {
        Layer bars = layerOf(LayerKind::Bars, group);
        bars.name = title;
        bars.role = role;
        for (std::size_t a = 0; a < r.attacks.size(); ++a)
            if (const auto spread = r.apObject(group, r.usual(r.attacks[a]), defence))
                addSpread(bars, static_cast<double>(a), *spread);
        if (!bars.x.empty())
            f.layers.push_back(std::move(bars));
    };
    add("naive", Defence::None, groupTitle("naive"), "model:naive");
    for (std::size_t i = 0; i < defenceNames().size(); ++i)
        add("naive", defenceFromName(defenceNames()[i]), defenceTitles()[i], "defence:" + defenceNames()[i]);
    add("pod", Defence::None, groupTitle("pod"), "model:pod");
    return f;
}

Figure lossesFigure(const PodResults& r)
{
    Figure f{.name = "losses", .title = "Loss of the trainings", .section = "Training"};
    f.caption = "Means over an epoch, on images as they were covered; trainings with a patch class have its "
                "part in the loss as well. The first repeat of each.";
    f.x = {.label = "Epoch"};
    f.y = {.label = "Loss", .low = 0};
    for (const Subject& subject : r.subjects) {
        if (subject.repeat != 1 || subject.epochs.empty())
            continue;
        Layer line = layerOf(LayerKind::Line, subject.group);
        for (const training::DetectorEpoch& epoch : subject.epochs) {
            line.x.push_back(epoch.epoch);
            line.y.push_back(epoch.loss);
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

Figure patchLossesFigure(const PodResults& r)
{
    Figure f{.name = "patch-losses", .title = "Patches being learned", .section = "Training"};
    f.caption =
        "The surest score of an object on the images of a step, mean over images; lower is the stronger "
        "attack. The first repeat of each training, the restart that was kept.";
    f.x = {.label = "Step"};
    f.y = {.label = "Surest score", .low = 0};
    for (const Subject& subject : r.subjects)
        for (const auto& [attack, history] : subject.histories) {
            if (subject.repeat != 1 || attack != "advpatch")
                continue;
            Layer line = layerOf(LayerKind::Line, subject.group);
            const torch::Tensor values = history.to(torch::kFloat64).contiguous();
            line.y.assign(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
            for (std::size_t step = 0; step < line.y.size(); ++step)
                line.x.push_back(static_cast<double>(step + 1));
            f.layers.push_back(std::move(line));
        }
    return f;
}

Figure offsetFigure(const PodResults& r, const std::string& group)
{
    Figure f{.name = "offset-" + reporting::outputName(group),
             .title = "Where on the object the patch hurts: " + groupTitle(group),
             .section = "Missed objects",
             .rateOf = "objects on the images of searching attacks"};
    f.caption =
        "Share of the objects that are not found with a score of 0.4, by the place of the learned patch "
        "(black, where none was learned) on the object's box. The first repeat.";
    f.x = {.label = "Centre of the patch, across the box", .low = 0, .high = 1};
    f.y = {.label = "Down the box, from below", .low = 0, .high = 1};
    f.colour = {.label = "Missed", .unit = "%", .low = 0, .high = 100};
    f.aspect = 1.2;
    for (const Subject& subject : r.subjects) {
        if (subject.group != group || !subject.missedByOffset.defined() || !f.layers.empty())
            continue;
        Layer cells;
        cells.kind = LayerKind::Cells;
        cells.colourMap = "sequential";
        const torch::Tensor shares = (100 * subject.missedByOffset).flip(0).contiguous();
        cells.rows = static_cast<std::uint32_t>(shares.size(0));
        cells.columns = static_cast<std::uint32_t>(shares.size(1));
        cells.z.assign(shares.data_ptr<double>(), shares.data_ptr<double>() + shares.numel());
        f.layers.push_back(std::move(cells));
    }
    return f;
}

Figure curvesFigure(const PodResults& r, const std::string& group)
{
    Figure f{.name = "precision-" + reporting::outputName(group),
             .title = "Precision over recall: " + groupTitle(group),
             .section = "Average precision"};
    f.caption =
        "Highest precision at that recall or a higher one, whose mean over the recalls is the average "
        "precision; means over the repeats.";
    f.x = {.label = "Recall", .low = 0, .high = 1};
    f.y = {.label = "Precision", .low = 0, .high = 1};
    for (const std::string& attack : r.attacks) {
        const auto outcomes = r.outcomes(group, r.usual(attack));
        if (outcomes.empty())
            continue;
        Layer line;
        line.kind = LayerKind::Line;
        line.name = attackTitle(attack);
        line.role = attack == "none" ? "ink" : "attack:" + attack;
        for (std::size_t k = 0; k < outcomes.front()->curve.size(); ++k) {
            double sum = 0;
            for (const Outcome* outcome : outcomes)
                sum += outcome->curve[k];
            line.x.push_back(static_cast<double>(k) / 100);
            line.y.push_back(sum / static_cast<double>(outcomes.size()));
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

} // namespace assay::patches::pod
