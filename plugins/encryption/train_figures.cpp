#include "backend/engine/reporting/rate_marks.h"
#include "plugins/encryption/train_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::encryption {

namespace {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

constexpr const char* kOfTest = "test images";

Layer chanceLine(double chance)
{
    Layer line{.kind = LayerKind::Marks, .name = "chance", .role = "chance"};
    line.y = {100 * chance};
    line.labels = {"chance"};
    return line;
}

/// Titles of the schemes of the comparison, each once.
std::vector<std::string> comparedTitles(const TrainResults& r)
{
    std::vector<std::string> titles;
    for (const TrainOutcome& o : r.outcomes)
        if (!o.ofDepths && std::ranges::find(titles, o.title) == titles.end())
            titles.push_back(o.title);
    return titles;
}

double positionIn(const std::vector<std::string>& titles, const std::string& title)
{
    return static_cast<double>(std::ranges::find(titles, title) - titles.begin());
}

/// The ids of the images that the first training got wrong: what a bar's click shows.
void addMissed(Layer& layer, const TrainOutcome& o, const TrainSet& set)
{
    const torch::Tensor missed =
        set.testIds.masked_select(o.right(set.testLabels)[0].logical_not()).contiguous();
    layer.samples.add({missed.data_ptr<std::int64_t>(), missed.data_ptr<std::int64_t>() + missed.numel()});
}

Figure trainAccuracyFigure(const TrainResults& r)
{
    Figure f{
        .name = "accuracy",
        .title = "Accuracy by what the classifier sees",
        .caption =
            "The same classifier on what every scheme publishes. V0 is NeuraCrypt, V1 to V3 a reconstruction "
            "of Color-NeuraCrypt. A bar selects the images that are missed.",
        .section = "Accuracy",
        .rateOf = kOfTest,
        .interval = reporting::kWilson};
    const std::vector<std::string> titles = comparedTitles(r);
    f.x = {.scale = AxisScale::Category, .categories = titles};
    f.y = reporting::percentScale("Accuracy");
    for (std::size_t set = 0; set < r.sets.size(); ++set) {
        Layer bars{
            .kind = LayerKind::Bars, .name = r.sets[set].title, .role = set == 0 ? "accent" : "neutral"};
        for (const TrainOutcome& o : r.outcomes) {
            if (o.ofDepths || o.set != set)
                continue;
            reporting::addRateMark(bars, positionIn(titles, o.title),
                                   trainAccuracy(o.right(r.sets[set].testLabels)), true);
            addMissed(bars, o, r.sets[set]);
        }
        f.layers.push_back(std::move(bars));
    }
    f.layers.push_back(chanceLine(r.sets.front().chance()));
    f.aspect = 2.2;
    return f;
}

Figure trainWrongKeyFigure(const TrainResults& r)
{
    Figure f{
        .name = "wrong-key",
        .title = "Right key and wrong keys",
        .caption =
            "Test images encrypted by keys that differ from the right one in one bit: the mean, and from "
            "the lowest to the highest of the keys.",
        .section = "Keys",
        .rateOf = kOfTest,
        .interval = "lowest to highest of the wrong keys; right key: Wilson 95 %"};
    std::vector<std::string> titles;
    for (const TrainOutcome& o : r.outcomes)
        if (!o.ofDepths && o.set == 0 && !std::isnan(o.wrongKey))
            titles.push_back(o.title);
    f.x = {.scale = AxisScale::Category, .categories = titles};
    f.y = reporting::percentScale("Accuracy");
    Layer right{.kind = LayerKind::Bars, .name = "right key", .role = "accent"};
    Layer wrong{.kind = LayerKind::Bars, .name = "wrong keys", .role = "same"};
    for (const TrainOutcome& o : r.outcomes) {
        if (o.ofDepths || o.set != 0 || std::isnan(o.wrongKey))
            continue;
        const double x = positionIn(titles, o.title);
        reporting::addRateMark(right, x, trainAccuracy(o.right(r.sets[0].testLabels)), true);
        wrong.x.push_back(x);
        wrong.y.push_back(100 * o.wrongKey);
        wrong.low.push_back(100 * o.wrongLow);
        wrong.high.push_back(100 * o.wrongHigh);
    }
    f.layers = {std::move(right), std::move(wrong), chanceLine(r.sets.front().chance())};
    f.aspect = 2.2;
    return f;
}

Figure trainPartsFigure(const TrainResults& r)
{
    const TrainSet& set = r.sets.front();
    Figure f{.name = "attributes",
             .title = "Which part of the class is lost",
             .caption =
                 "How often the predicted class has the true value of each part, whatever the others are.",
             .section = "What is lost",
             .rateOf = kOfTest,
             .interval = reporting::kWilson};
    const std::vector<std::string> titles = comparedTitles(r);
    f.x = {.scale = AxisScale::Category, .categories = titles};
    f.y = reporting::percentScale("Accuracy");
    for (std::size_t i = 0; i < set.parts.size(); ++i) {
        Layer bars{.kind = LayerKind::Bars, .name = set.parts[i].name, .role = i == 0 ? "accent" : "neutral"};
        for (const TrainOutcome& o : r.outcomes)
            if (!o.ofDepths && o.set == 0)
                reporting::addRateMark(bars, positionIn(titles, o.title), partAccuracy(o, set, set.parts[i]),
                                       true);
        f.layers.push_back(std::move(bars));
    }
    f.aspect = 2.2;
    return f;
}

Figure trainDepthFigure(const TrainResults& r)
{
    Figure f{.name = "depth",
             .title = "Accuracy against depth",
             .caption = "Each depth is a random network of its own and a training of its own.",
             .section = "Depth",
             .rateOf = kOfTest,
             .interval = reporting::kWilson};
    f.x = {.label = "Depth k of the random network"};
    f.y = reporting::percentScale("Accuracy");
    Layer whole{.kind = LayerKind::Line, .name = "class", .role = "accent"};
    std::vector<Layer> parts;
    const TrainSet& set = r.sets.front();
    for (const TrainSet::Part& part : set.parts)
        parts.push_back(
            {.kind = LayerKind::Line, .name = part.name, .role = parts.empty() ? "different" : "neutral"});
    for (const TrainOutcome& o : r.outcomes) {
        if (!o.ofDepths)
            continue;
        reporting::addRateMark(whole, o.depth, trainAccuracy(o.right(set.testLabels)), true);
        addMissed(whole, o, set);
        for (std::size_t i = 0; i < parts.size(); ++i)
            reporting::addRateMark(parts[i], o.depth, partAccuracy(o, set, set.parts[i]), true);
    }
    f.layers.push_back(std::move(whole));
    std::ranges::move(parts, std::back_inserter(f.layers));
    return f;
}

Figure plaintextFigure(const TrainResults& r)
{
    Figure f{.name = "plaintext",
             .title = "Plaintext attack against depth",
             .caption =
                 r.attackedTitle + ", " + r.attackedSet +
                 ": squared error of the imitated encoding of test images over that of the mean. 1 says that "
                 "nothing was learned, 0 that the encoder is known.",
             .section = "Attacks"};
    f.x = {.label = "Depth k of the random network (-1: linear)"};
    f.y = {.label = "Normalised error", .low = 0};
    Layer trained{.kind = LayerKind::Line, .name = "trained imitation", .role = "accent"};
    Layer fitted{.kind = LayerKind::Line, .name = "linear regression", .role = "neutral"};
    for (const NeuraAttacked& a : r.attacked) {
        trained.x.push_back(a.depth);
        trained.y.push_back(a.plaintext);
        fitted.x.push_back(a.depth);
        fitted.y.push_back(a.regression);
    }
    f.layers = {std::move(trained), std::move(fitted)};
    return f;
}

Figure reidentifiedFigure(const TrainResults& r)
{
    Figure f{
        .name = "reidentified",
        .title = "Re-identification against depth",
        .caption =
            "Encodings whose nearest candidate, by distance of patch means to the imitated encodings of " +
            std::to_string(r.attacked.front().candidates) +
            " test images, is the true image. Below 5 % counts as good, above 20 % as bad privacy (Yala "
            "et al. 2021). NeuraCrypt is not cryptographically secure: N. Carlini solved its authors' "
            "challenge of matched data completely.",
        .section = "Attacks",
        .rateOf = "encodings",
        .interval = reporting::kWilson};
    f.x = {.label = "Depth k of the random network (-1: linear)"};
    f.y = reporting::percentScale("Re-identified");
    Layer plaintext{.kind = LayerKind::Line, .name = "plaintext attack", .role = "accent"};
    Layer regression{.kind = LayerKind::Line, .name = "linear regression", .role = "neutral"};
    Layer mmd{.kind = LayerKind::Line, .name = "MMD attack, without pairs", .role = "same"};
    for (const NeuraAttacked& a : r.attacked) {
        reporting::addRateMark(plaintext, a.depth, a.byPlaintext, true);
        reporting::addRateMark(regression, a.depth, a.byRegression, true);
        reporting::addRateMark(mmd, a.depth, a.byMmd, true);
    }
    f.layers = {std::move(plaintext), std::move(regression), std::move(mmd),
                chanceLine(1 / static_cast<double>(r.attacked.front().candidates))};
    return f;
}

} // namespace

void emitTrainFigures(engine::RunContext& ctx, const TrainResults& r)
{
    const auto any = [&](auto holds) { return std::ranges::any_of(r.outcomes, holds); };
    ctx.figure(trainAccuracyFigure(r));
    if (any([](const TrainOutcome& o) { return !o.ofDepths && o.set == 0 && !std::isnan(o.wrongKey); }))
        ctx.figure(trainWrongKeyFigure(r));
    if (!r.sets.front().parts.empty())
        ctx.figure(trainPartsFigure(r));
    if (any([](const TrainOutcome& o) { return o.ofDepths; }))
        ctx.figure(trainDepthFigure(r));
    if (!r.attacked.empty()) {
        ctx.figure(plaintextFigure(r));
        ctx.figure(reidentifiedFigure(r));
    }
}

} // namespace assay::encryption
