#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/calibration/dac_results.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

Figure layersFigure(const DacResults& r, const std::string& model)
{
    Figure f{.name = "layers",
             .title = "Which layers' density counts: " + model,
             .section = "Density",
             .interval = "Split-to-split"};
    f.caption = "The weight of a layer times the standard deviation of its score: how far it moves the "
                "temperature. Weights of layers with nearly the same scores may be exchanged between splits.";
    f.x = {.label = "Layer", .scale = protocol::AxisScale::Category, .sets = "view_layer"};
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
                "severity of corruptions, and other domains. Shuffled patches: clean images cut into 4 × 4 "
                "patches in "
                "random order.";
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

Figure correctnessFigure(const DacResults& r, const std::string& model)
{
    Figure f{.name = "correctness",
             .title = "Is it right where the training set is sparse? " + model,
             .section = "Density",
             .interval = reporting::kWilson};
    f.caption =
        "All samples judged by, clean and shifted, first split, in ten groups of equally many by their "
        "temperature: the higher, the sparser the training set is around them. A calibrated "
        "confidence would follow the accuracy.";
    f.x = {.label = "Temperature, median of the group"};
    f.y = reporting::percentScale("Accuracy, mean confidence");
    Layer accuracy{.kind = LayerKind::Points, .name = "Accuracy", .role = "accent"};
    Layer none{.name = "Confidence: none"}, plain{.name = "Confidence: temperature"},
        dac{.name = "Confidence: DAC"};
    for (const DensityBin& b : r.bins) {
        if (b.model != model)
            continue;
        reporting::addRateMark(accuracy, b.temperature, metrics::wilson(b.correct, b.n), true);
        for (auto [line, confidence] : {std::pair{&none, b.none}, {&plain, b.plain}, {&dac, b.dac}}) {
            line->x.push_back(b.temperature);
            line->y.push_back(100 * confidence);
        }
    }
    f.layers = {std::move(none), std::move(plain), std::move(dac), std::move(accuracy)};
    return f;
}

Figure densityFigure(const Inspection& i, const std::string& layer)
{
    const auto it = std::ranges::find(i.layers, layer);
    const bool known = it != i.layers.end();
    Figure f{.name = "density", .title = "Density and confidence: " + i.model, .section = "Density"};
    f.caption =
        std::to_string(i.ids.size(0)) +
        " clean images judged by. A click on a point opens the image beside its nearest training images.";
    f.x = {.label = known ? "Score at " + layer + ": distance to the training set" : "Temperature"};
    f.y = reporting::percentScale("Confidence, uncalibrated");
    f.opens = "neighbours";
    const torch::Tensor values =
        (known ? i.scores.select(1, it - i.layers.begin()) : i.temperature).contiguous();
    Layer right{.kind = LayerKind::Points, .name = "Right", .role = "different"};
    Layer wrong{.kind = LayerKind::Points, .name = "Wrong", .role = "same"};
    for (std::int64_t k = 0; k < i.ids.size(0); ++k) {
        const bool correct = i.labels.data_ptr<std::int64_t>()[k] == i.predicted.data_ptr<std::int64_t>()[k];
        Layer& points = correct ? right : wrong;
        points.x.push_back(values.data_ptr<double>()[k]);
        points.y.push_back(100 * i.confidence.data_ptr<double>()[k]);
        points.samples.add({i.ids.data_ptr<std::int64_t>()[k]});
    }
    f.layers = {std::move(right), std::move(wrong)};
    return f;
}

protocol::ImageGrid neighboursGrid(const Inspection& i)
{
    const torch::Tensor images = i.images.to(torch::kFloat32) / 255;
    std::vector<reporting::ImagePlane> planes = {{"image", images.select(1, 0)}};
    for (std::size_t l = 0; l < i.layers.size(); ++l)
        planes.push_back({"nearest at " + i.layers[l], images.select(1, 1 + static_cast<std::int64_t>(l))});
    protocol::ImageGrid grid{.name = "neighbours",
                             .title = "Nearest training images: " + i.model,
                             .caption = "Clean images judged by; those of the highest temperature, where the "
                                        "training set is sparse, come first.",
                             .section = "Images"};
    reporting::fillPlanes(grid, i.ids, planes);
    grid.attributes = {reporting::classesOf("label", "True class", i.classes, i.labels),
                       reporting::classesOf("predicted", "Predicted", i.classes, i.predicted),
                       reporting::classesOf("outcome", "Outcome", {"wrong", "right"},
                                            (i.labels == i.predicted).to(torch::kInt64))};
    const torch::Tensor scores = i.scores.contiguous();
    for (std::int64_t k = 0; k < i.ids.size(0); ++k) {
        std::string note = "temperature " + reporting::shortText(i.temperature.data_ptr<double>()[k]) +
                           ", confidence " + reporting::percentText(i.confidence.data_ptr<double>()[k]) +
                           "; scores";
        for (std::size_t l = 0; l < i.layers.size(); ++l)
            note += (l == 0 ? " " : ", ") + i.layers[l] + " " +
                    reporting::shortText(
                        scores.data_ptr<double>()[k * scores.size(1) + static_cast<std::int64_t>(l)]);
        grid.notes.push_back(std::move(note));
    }
    return grid;
}

} // namespace assay::confidence
