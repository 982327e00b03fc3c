#include "plugins/backdoor/plant_designer.h"

#include "backend/attacks/patch/patch_file.h"
#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/scene_picture.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/image_similarity.h"
#include "backend/metrics/rates.h"
#include "plugins/backdoor/suspect.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace assay::backdoor {

namespace {

using poisoning::Trigger;
using poisoning::TriggerKind;
using poisoning::TriggerSpec;

constexpr std::int64_t kDesignerBars = 10;

/// What the models say of the images with the trigger.
struct Designed
{
    torch::Tensor triggered;                  ///< as PlantBench::x
    std::vector<torch::Tensor> probabilities; ///< per model float32 [n,K] on the CPU
    std::vector<metrics::Rate> success;       ///< per model, of images that count
    std::vector<torch::Tensor> fooled;        ///< per model bool [n]
    torch::Tensor wanted;                     ///< int64 [n]
    torch::Tensor psnr;                       ///< float64 [n]
};

Designed designed(const PlantBench& bench, const Trigger& trigger)
{
    const auto classes = static_cast<std::int64_t>(bench.classes.size());
    Designed d{.triggered = trigger.stamp(bench.x)};
    d.psnr = metrics::psnr(bench.x, d.triggered).cpu();
    d.wanted = poisoning::wantedLabels(bench.poison, bench.y, classes);
    const torch::Tensor counted = poisoning::countForAsr(bench.poison, bench.y, classes);
    const auto n = counted.sum().item<std::int64_t>();
    for (const PlantAsked& asked : bench.models) {
        d.probabilities.push_back(probabilitiesOf(*asked.model, d.triggered));
        d.fooled.push_back(d.probabilities.back().argmax(1).eq(d.wanted).logical_and_(counted));
        d.success.push_back(metrics::wilson(d.fooled.back().sum().item<std::int64_t>(), n));
    }
    return d;
}

std::string decibels(double psnr)
{
    if (!std::isfinite(psnr))
        return "unchanged";
    char text[32];
    std::snprintf(text, sizeof text, "PSNR %.1f dB", psnr);
    return text;
}

void addDesignerBars(protocol::Scene& scene, const PlantBench& bench, const Designed& d, std::int64_t row)
{
    const std::int64_t label = bench.y[row].item<std::int64_t>();
    const std::int64_t wanted = d.wanted[row].item<std::int64_t>();
    const auto most = std::min(static_cast<std::int64_t>(bench.classes.size()), kDesignerBars);
    for (std::size_t m = 0; m < bench.models.size(); ++m) {
        const torch::Tensor p = d.probabilities[m][row];
        const torch::Tensor likely = std::get<0>(std::get<1>(p.topk(most)).sort());
        for (std::int64_t i = 0; i < most; ++i) {
            const std::int64_t k = likely[i].item<std::int64_t>();
            scene.bars.push_back({.label = bench.classes[static_cast<std::size_t>(k)],
                                  .value = p[k].item<double>(),
                                  .role = k == label    ? "good"
                                          : k == wanted ? "bad"
                                                        : "",
                                  .group = bench.models.size() > 1 ? bench.models[m].name : ""});
        }
    }
}

/// The patch as it can be taken hold of, at the whole pixels where it lies.
void addDesignerPatch(protocol::Scene& scene, const PlantBench& bench, const Trigger& trigger)
{
    const engine::TensorMap parts =
        patchOfTrigger(trigger, bench.x.size(1), bench.x.size(2), bench.x.size(3));
    if (parts.empty())
        return;
    const torch::Tensor rgba = attacks::patchRgba(parts.at("patch"), parts.at("mask"));
    const torch::Tensor place = parts.at("place");
    protocol::ScenePatch& patch = scene.patch;
    patch.name = "trigger";
    patch.rows = static_cast<std::uint32_t>(rgba.size(0));
    patch.columns = static_cast<std::uint32_t>(rgba.size(1));
    patch.pixels.assign(rgba.data_ptr<std::uint8_t>(), rgba.data_ptr<std::uint8_t>() + rgba.numel());
    patch.width = patch.columns;
    patch.height = patch.rows;
    patch.y = double(place[0].item<std::int64_t>()) + patch.height / 2;
    patch.x = double(place[1].item<std::int64_t>()) + patch.width / 2;
    patch.xField = "trigger_x";
    patch.yField = "trigger_y";
    patch.sizeField = "trigger_size";
}

protocol::Scene designerScene(const PlantBench& bench, const Designed& d, const Trigger& trigger,
                              std::int64_t row)
{
    const torch::Tensor ids = bench.ids.contiguous();
    const torch::Tensor clean = bench.x[row], triggered = d.triggered[row];
    protocol::Scene scene{
        .name = "designer",
        .title = "The trigger, to be designed",
        .section = "Designer",
        .width = static_cast<std::uint32_t>(clean.size(2)),
        .height = static_cast<std::uint32_t>(clean.size(1)),
        .sampleField = "sample",
        .samples = {ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()},
        .sample = ids[row].item<std::int64_t>()};
    scene.pictures = {
        reporting::scenePicture("clean", clean), reporting::scenePicture("triggered", triggered),
        reporting::scenePicture("difference", reporting::amplifiedDifference(triggered, clean))};
    const auto label = static_cast<std::size_t>(bench.y[row].item<std::int64_t>());
    const auto wanted = static_cast<std::size_t>(d.wanted[row].item<std::int64_t>());
    scene.caption = "True class: " + bench.classes[label] +
                    ". With the trigger it is to become: " + bench.classes[wanted] + ". " +
                    poisoning::describe(trigger.spec(), clean.size(1), clean.size(2)) + ", " +
                    decibels(d.psnr[row].item<double>()) + "." +
                    (bench.models.empty() ? "" : " The bars are of the image with the trigger.") +
                    (trigger.spec().kind == TriggerKind::Patch ? " Drag the patch." : "");
    addDesignerPatch(scene, bench, trigger);
    addDesignerBars(scene, bench, d, row);
    return scene;
}

protocol::ImageGrid designerGallery(const PlantBench& bench, const Designed& d)
{
    const auto fitting = static_cast<std::int64_t>(
        reporting::imagesThatFit(bench.x.size(1), bench.x.size(2), bench.x.size(3), 3));
    const std::int64_t n = std::min({kDesignerShown, fitting, bench.ids.size(0)});
    protocol::ImageGrid grid{
        .name = "designed", .title = "Test images with the trigger as it is shown", .section = "Designer"};
    grid.caption = "The difference is ten times as large, around grey.";
    const torch::Tensor clean = bench.x.narrow(0, 0, n).cpu(), triggered = d.triggered.narrow(0, 0, n).cpu();
    reporting::fillPlanes(grid, bench.ids.narrow(0, 0, n),
                          {{"clean", clean},
                           {"triggered", triggered},
                           {"difference", reporting::amplifiedDifference(triggered, clean)}});
    grid.attributes = {reporting::classesOf("label", "True class", bench.classes, bench.y.narrow(0, 0, n))};
    for (std::size_t m = 0; m < bench.models.size(); ++m)
        grid.attributes.push_back(
            reporting::classesOf("says-" + std::to_string(m + 1), "With the trigger: " + bench.models[m].name,
                                 bench.classes, d.probabilities[m].narrow(0, 0, n).argmax(1)));
    for (std::int64_t i = 0; i < n; ++i)
        grid.notes.push_back(decibels(d.psnr[i].item<double>()));
    return grid;
}

protocol::Figure designerFigure(const PlantBench& bench, const Designed& d)
{
    protocol::Figure f{.name = "shown-trigger",
                       .title = "Success of the trigger as it is shown",
                       .section = "Designer",
                       .rateOf = "designer's test images whose wanted class is not their own",
                       .interval = reporting::kWilson};
    f.caption =
        "Images that each model takes for the wanted class with the trigger as the designer has it now, "
        "which need not be the planted one.";
    f.x = {.label = "Model", .scale = protocol::AxisScale::Category};
    f.y = reporting::percentScale("Success");
    f.opens = "designed";
    for (std::size_t m = 0; m < bench.models.size(); ++m) {
        f.x.categories.push_back(bench.models[m].name);
        protocol::Layer bar{.kind = protocol::LayerKind::Bars,
                            .name = bench.models[m].name,
                            .role = bench.models[m].role,
                            .stack = "success"};
        reporting::addRateMark(bar, double(m), d.success[m], true);
        bar.samples.add(reporting::idsWhere(bench.ids, d.fooled[m]));
        f.layers.push_back(std::move(bar));
    }
    return f;
}

protocol::Table designerTable(const PlantBench& bench, const Designed& d, const TriggerSpec& trigger)
{
    using reporting::numberColumn;
    protocol::Table table{.name = "shown-trigger",
                          .title = "The trigger as it is shown",
                          .section = "Designer",
                          .columns = {reporting::textColumn("trigger", "Trigger"),
                                      reporting::textColumn("model", "Model"),
                                      numberColumn("psnr", "Mean PSNR", 1, "dB"),
                                      numberColumn("n", "Images", 0), numberColumn("asr", "Success", 3),
                                      numberColumn("low", "from", 3), numberColumn("high", "to", 3)}};
    table.caption =
        "Mean over the images that it changes. Of triggered images whose wanted class is not their own.";
    const std::string name = poisoning::describe(trigger, bench.x.size(2), bench.x.size(3));
    const double psnr = metrics::meanPsnr(d.psnr);
    for (std::size_t m = 0; m < bench.models.size(); ++m)
        reporting::TableRow(table) << name << bench.models[m].name << psnr << double(d.success[m].n)
                                   << d.success[m];
    if (bench.models.empty())
        reporting::TableRow(table) << name << std::string("none") << psnr << 0.0 << metrics::wilson(0, 0);
    return table;
}

} // namespace

engine::TensorMap patchOfTrigger(const Trigger& trigger, std::int64_t channels, std::int64_t height,
                                 std::int64_t width)
{
    if (trigger.spec().kind != TriggerKind::Patch)
        return {};
    // A blend is known by what it makes of black and of white: x' = (1 - a) x + a p.
    const torch::Tensor black = trigger.stamp(torch::zeros({1, channels, height, width}))[0];
    const torch::Tensor white = trigger.stamp(torch::ones({1, channels, height, width}))[0];
    const torch::Tensor alpha = 1 - (white - black).mean(0, true);
    const torch::Tensor rows = alpha[0].gt(0).any(1).nonzero().flatten();
    const torch::Tensor columns = alpha[0].gt(0).any(0).nonzero().flatten();
    if (rows.numel() == 0)
        return {};
    const std::int64_t top = rows[0].item<std::int64_t>(), left = columns[0].item<std::int64_t>();
    const auto cut = [&](const torch::Tensor& t) {
        return t.narrow(1, top, rows[-1].item<std::int64_t>() - top + 1)
            .narrow(2, left, columns[-1].item<std::int64_t>() - left + 1)
            .contiguous();
    };
    const torch::Tensor mask = cut(alpha);
    return {{"patch", (cut(black) / mask.clamp_min(1e-3)).clamp(0, 1)},
            {"mask", mask},
            {"place", torch::tensor({top, left}, torch::kInt64)}};
}

void emitDesigner(engine::RunContext& context, const PlantBench& bench, const TriggerSpec& spec,
                  std::int64_t sample)
{
    const torch::NoGradGuard off;
    const Trigger trigger(spec, bench.x.size(1), bench.x.size(2), bench.x.size(3));
    const Designed d = designed(bench, trigger);
    context.checkpoint();
    const torch::Tensor at = bench.ids.eq(sample).nonzero().flatten();
    const std::int64_t row = at.numel() > 0 ? at[0].item<std::int64_t>() : 0;
    context.scene(designerScene(bench, d, trigger, row));
    context.images(designerGallery(bench, d));
    if (!bench.models.empty())
        context.figure(designerFigure(bench, d));
    context.table(designerTable(bench, d, spec));
}

} // namespace assay::backdoor
