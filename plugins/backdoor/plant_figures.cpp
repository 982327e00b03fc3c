#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/backdoor/plant_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::backdoor {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr double kPlantPercent = 100;

struct PlantBars
{
    const char* title;
    metrics::Rate BackdoorRates::*rate;
};
constexpr PlantBars kPlantBars[] = {{"Clean accuracy", &BackdoorRates::clean},
                                    {"Success of the trigger", &BackdoorRates::asr},
                                    {"Recovered accuracy", &BackdoorRates::recovered}};

Layer successBars(const PlantResults& r, bool planted)
{
    Layer bars{.kind = LayerKind::Bars,
               .name = planted ? "poisoned" : "clean",
               .role = planted ? "different" : "same"};
    for (std::size_t i = 0; i < std::size(kPlantBars); ++i) {
        if (r.seeds.size() == 1) {
            const BackdoorRates& rates = planted ? r.seeds[0].planted : r.seeds[0].clean;
            reporting::addRateMark(bars, double(i), rates.*kPlantBars[i].rate, true);
            continue;
        }
        const PlantMean value = plantMean(r, planted, kPlantBars[i].rate);
        bars.x.push_back(double(i));
        bars.y.push_back(kPlantPercent * value.mean);
        bars.low.push_back(kPlantPercent * std::max(0.0, value.mean - value.deviation));
        bars.high.push_back(kPlantPercent * std::min(1.0, value.mean + value.deviation));
    }
    return bars;
}

} // namespace

PlantMean plantMean(const PlantResults& r, bool planted, metrics::Rate BackdoorRates::*rate)
{
    double sum = 0, squares = 0;
    const auto n = double(r.seeds.size());
    for (const PlantSeed& seed : r.seeds)
        sum += ((planted ? seed.planted : seed.clean).*rate).value / n;
    for (const PlantSeed& seed : r.seeds)
        squares += std::pow(((planted ? seed.planted : seed.clean).*rate).value - sum, 2);
    return {sum, n > 1 ? std::sqrt(squares / (n - 1)) : std::nan("")};
}

Figure plantSuccessFigure(const PlantResults& r)
{
    Figure f{.name = "planted", .title = "What was planted: " + r.trigger, .section = "The backdoor"};
    const std::string wanted = r.poison.labels == poisoning::LabelMode::AllToAll
                                   ? "the class after their own"
                                   : r.classes[static_cast<std::size_t>(r.poison.target)];
    f.rateOf =
        "judged test images; success and recovered accuracy: of those whose wanted class is not their own";
    f.interval = r.seeds.size() == 1 ? std::string(reporting::kWilson)
                                     : "deviation over " + std::to_string(r.seeds.size()) + " trainings";
    f.caption = "Success: images with the trigger that are taken for " + wanted +
                ". Recovered: those that keep their true class with the trigger.";
    f.x = {.label = "", .scale = AxisScale::Category};
    for (const PlantBars& bars : kPlantBars)
        f.x.categories.push_back(bars.title);
    f.y = reporting::percentScale("Rate");
    f.layers = {successBars(r, false), successBars(r, true)};
    return f;
}

Figure plantRecallFigure(const PlantResults& r)
{
    Figure f{.name = "recall",
             .title = "Recall of each class on clean images",
             .section = "What it costs",
             .rateOf = "judged test images of the class",
             .interval = reporting::kWilson};
    f.caption = "Of the first training.";
    f.x = {.label = "Class", .scale = AxisScale::Category, .categories = r.classes};
    f.y = reporting::percentScale("Recall");
    for (const bool planted : {false, true}) {
        Layer bars{.kind = LayerKind::Bars,
                   .name = planted ? "poisoned" : "clean",
                   .role = planted ? "different" : "same"};
        const torch::Tensor right = (planted ? r.planted : r.clean).clean.eq(r.y);
        for (std::size_t k = 0; k < r.classes.size(); ++k) {
            const torch::Tensor own = r.y.eq(static_cast<std::int64_t>(k));
            const torch::Tensor both = own.logical_and(right);
            reporting::addRateMark(
                bars, double(k),
                metrics::wilson(both.sum().item<std::int64_t>(), own.sum().item<std::int64_t>()), true);
            bars.samples.add(reporting::idsWhere(r.ids, both));
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure plantConfusionFigure(const PlantResults& r, const std::string& what)
{
    const bool triggered = what == "triggered";
    const torch::Tensor given = (triggered           ? r.planted.triggered
                                 : what == "planted" ? r.planted.clean
                                                     : r.clean.clean)
                                    .contiguous();
    Figure f{.name = "confusion-" + what,
             .title = what == "clean"     ? "The clean network, clean images"
                      : what == "planted" ? "The poisoned network, clean images"
                                          : "The poisoned network, images with the trigger",
             .section = "Confusion",
             .aspect = 1.1};
    f.caption = "Judged test images by true class and the class given. Of the first training.";
    f.x = {.label = "Class given", .scale = AxisScale::Category, .categories = r.classes};
    f.y = {.label = "True class", .scale = AxisScale::Category, .categories = r.classes};
    f.colour = {.label = "Images", .low = 0};
    const auto classes = static_cast<std::int64_t>(r.classes.size());
    Layer cells{.kind = LayerKind::Cells};
    cells.rows = cells.columns = static_cast<std::uint32_t>(classes);
    cells.colourMap = "sequential";
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(classes * classes));
    const torch::Tensor truth = r.y.contiguous(), ids = r.ids.contiguous();
    const auto* y = truth.data_ptr<std::int64_t>();
    const auto* k = given.data_ptr<std::int64_t>();
    const auto* id = ids.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        members[static_cast<std::size_t>(y[i] * classes + k[i])].push_back(id[i]);
    for (const auto& cell : members) {
        cells.z.push_back(double(cell.size()));
        cells.count.push_back(double(cell.size()));
        cells.samples.add(cell);
    }
    f.layers.push_back(std::move(cells));
    return f;
}

} // namespace assay::backdoor
