#include "plugins/transfer/non_robust_report.h"

#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/rates.h"
#include "backend/protocol/error.h"
#include "plugins/transfer/grid_parts.h"

#include <torch/types.h>

#include <algorithm>
#include <array>

namespace assay::transfer {

using protocol::AxisScale;
using protocol::Column;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;
using protocol::Metric;
using protocol::Table;

namespace {

constexpr std::size_t kSampleImages = 200;

metrics::Rate rateOf(const TrainingResult& result)
{
    return metrics::wilson(result.curve.correct, result.testImages);
}

std::string cleanTestText(const PairNames& names)
{
    return "clean, correctly labelled test images of " + names.dataset;
}

Layer chanceLine(const PairNames& names)
{
    Layer line;
    line.kind = LayerKind::Marks;
    line.name = "chance";
    line.role = "chance";
    line.y = {100 * names.chance()};
    line.labels = {"chance"};
    return line;
}

/// Ids of the sets that occur, in order of first appearance.
std::vector<std::string> setsOf(const std::vector<TrainingResult>& results)
{
    std::vector<std::string> sets;
    for (const TrainingResult& r : results)
        if (std::ranges::find(sets, r.set) == sets.end())
            sets.push_back(r.set);
    return sets;
}

std::int64_t count(const torch::Tensor& mask)
{
    return mask.sum().item<std::int64_t>();
}

} // namespace

const SetName& setName(const std::string& id)
{
    static const std::array<SetName, 5> names = {{
        {"d1", "D1' (t1)", "images that lead F1 to t1 and F2 to t2, labelled t1"},
        {"d2", "D2' (t2)", "the same images, labelled t2"},
        {"permuted", "labels permuted", "control: the same images, the labels t1 permuted among them"},
        {"noise", "noise", "control: noise of the same size instead of the attack, labelled t1"},
        {"same_mistake", "same mistake", "images that lead both models to t1, labelled t1"},
    }};
    for (const SetName& name : names)
        if (name.id == id)
            return name;
    throw std::invalid_argument("no set is called " + id);
}

Figure accuraciesFigure(const std::vector<TrainingResult>& results, const PairNames& names)
{
    Figure f{.name = "accuracies",
             .title = "What networks learn from relabelled adversarial images",
             .section = "Accuracies",
             .rateOf = cleanTestText(names),
             .interval = reporting::kWilson};
    f.caption =
        "Networks are trained from scratch on images that " + names.first +
        " takes for a random class t1 and " + names.second +
        " for another random class t2 (L2, ε = " + reporting::shortText(names.eps) +
        "), labelled t1 (D1') or t2 (D2'). Accuracy on " + cleanTestText(names) +
        " above chance shows that the images carry features of that class which are useful, though no human "
        "sees them. Controls must stay near chance.";
    f.x = {.label = "Training set", .scale = AxisScale::Category};
    f.y = reporting::percentScale("Clean test accuracy");
    const std::vector<std::string> sets = setsOf(results);
    for (const std::string& set : sets)
        f.x.categories.push_back(setName(set).title);
    for (const TrainingResult& result : results) {
        if (!result.curve.finished)
            continue;
        auto layer = std::ranges::find(f.layers, result.learner, &Layer::name);
        if (layer == f.layers.end()) {
            f.layers.emplace_back();
            layer = f.layers.end() - 1;
            layer->kind = LayerKind::Bars;
            layer->name = result.learner;
            layer->role = "model:" + result.learner;
        }
        reporting::addRateMark(*layer,
                               static_cast<double>(std::ranges::find(sets, result.set) - sets.begin()),
                               rateOf(result), true);
    }
    f.layers.push_back(chanceLine(names));
    return f;
}

Figure curvesFigure(const std::vector<TrainingResult>& results, const std::string& learner,
                    const PairNames& names)
{
    std::string id = learner;
    std::ranges::replace(id, '_', '-');
    Figure f{.name = "curves-" + id,
             .title = "Training curves of " + learner,
             .section = "Training",
             .rateOf = cleanTestText(names)};
    f.caption = "Accuracy on the first " + std::to_string(kCurveImages) + " " + cleanTestText(names) +
                " after each epoch of training on each set.";
    f.x = {.label = "Epoch", .low = 0};
    f.y = reporting::percentScale("Clean test accuracy");
    for (const TrainingResult& result : results) {
        if (result.learner != learner || result.curve.testAccuracy.empty())
            continue;
        Layer line;
        line.kind = LayerKind::Line;
        line.name = setName(result.set).title;
        line.role = "model:" + result.set;
        for (const double accuracy : result.curve.testAccuracy) {
            line.x.push_back(static_cast<double>(line.x.size() + 1));
            line.y.push_back(100 * accuracy);
        }
        f.layers.push_back(std::move(line));
    }
    f.layers.push_back(chanceLine(names));
    return f;
}

Table accuraciesTable(const std::vector<TrainingResult>& results, const PairNames& names)
{
    Table table{.name = "accuracies",
                .title = "Clean test accuracies",
                .caption = "Fraction of the " + cleanTestText(names) +
                           " that each trained network classifies "
                           "correctly, with its Wilson 95 % interval.",
                .section = "Accuracies"};
    table.columns = {Column{.name = "set", .label = "Training set"},
                     Column{.name = "meaning", .label = "Meaning"},
                     Column{.name = "learner", .label = "Learner"},
                     Column{.name = "train_images", .label = "Training images", .digits = 0},
                     Column{.name = "test_images", .label = "Test images", .digits = 0},
                     Column{.name = "accuracy", .label = "Accuracy", .digits = 3},
                     Column{.name = "accuracy_low", .label = "low", .digits = 3},
                     Column{.name = "accuracy_high", .label = "high", .digits = 3},
                     Column{.name = "train_accuracy", .label = "On its own set, last epoch", .digits = 3},
                     Column{.name = "chance", .label = "Chance", .digits = 3}};
    for (const TrainingResult& result : results) {
        if (!result.curve.finished)
            continue;
        const metrics::Rate rate = rateOf(result);
        table.columns[0].texts.push_back(result.set);
        table.columns[1].texts.push_back(setName(result.set).meaning);
        table.columns[2].texts.push_back(result.learner);
        const double numbers[] = {static_cast<double>(result.trainImages),
                                  static_cast<double>(result.testImages),
                                  rate.value,
                                  rate.low,
                                  rate.high,
                                  result.curve.trainAccuracy.back(),
                                  names.chance()};
        for (std::size_t i = 0; i < std::size(numbers); ++i)
            table.columns[3 + i].numbers.push_back(numbers[i]);
    }
    return table;
}

std::vector<Metric> accuracyMetrics(const std::vector<TrainingResult>& results, const PairNames& names)
{
    std::vector<Metric> list;
    for (const TrainingResult& result : results) {
        const metrics::Rate rate = rateOf(result);
        list.push_back({.name = "accuracy." + result.set + "." + result.learner,
                        .value = rate.value,
                        .rateOf = cleanTestText(names),
                        .count = static_cast<double>(rate.count),
                        .denominator = static_cast<double>(rate.n),
                        .low = rate.low,
                        .high = rate.high,
                        .interval = reporting::kWilson});
    }
    return list;
}

Table constructionTable(const PairSet& set, const PairNames& names)
{
    Table table{.name = "construction",
                .title = "How often the construction reached its aims",
                .caption =
                    "Fractions of the altered training images. Only those that reached both aims are used.",
                .section = "Construction"};
    table.columns = {Column{.name = "aim", .label = "Aim"},
                     Column{.name = "images", .label = "Images", .digits = 0},
                     Column{.name = "reached", .label = "Reached", .digits = 0},
                     Column{.name = "fraction", .label = "Fraction", .digits = 3},
                     Column{.name = "fraction_low", .label = "low", .digits = 3},
                     Column{.name = "fraction_high", .label = "high", .digits = 3}};
    const auto add = [&](const std::string& aim, const torch::Tensor& reached) {
        const metrics::Rate rate = metrics::wilson(count(reached), reached.numel());
        table.columns[0].texts.push_back(aim);
        const double numbers[] = {static_cast<double>(rate.n), static_cast<double>(rate.count), rate.value,
                                  rate.low, rate.high};
        for (std::size_t i = 0; i < std::size(numbers); ++i)
            table.columns[1 + i].numbers.push_back(numbers[i]);
    };
    add(names.first + " predicts t1", set.reached1);
    add(names.second + " predicts t2", set.reached2);
    add("both", set.both());
    return table;
}

std::vector<Metric> constructionMetrics(const PairSet& set, const PairNames& names)
{
    const auto metric = [&](std::string name, const torch::Tensor& reached) {
        const metrics::Rate rate = metrics::wilson(count(reached), reached.numel());
        return Metric{.name = std::move(name),
                      .value = rate.value,
                      .rateOf = "altered training images of " + names.dataset,
                      .count = static_cast<double>(rate.count),
                      .denominator = static_cast<double>(rate.n),
                      .low = rate.low,
                      .high = rate.high,
                      .interval = reporting::kWilson};
    };
    return {metric("yield", set.both()), metric("reached.first", set.reached1),
            metric("reached.second", set.reached2)};
}

protocol::ImageGrid samplesGrid(const PairSet& set, const AimPair& aims, const torch::Tensor& ids,
                                const torch::Tensor& y, const torch::Tensor& clean, const PairNames& names)
{
    const std::size_t fits = reporting::imagesThatFit(clean.size(1), clean.size(2), clean.size(3), 3);
    const torch::Tensor reached = set.both().nonzero().flatten();
    const auto most = static_cast<std::int64_t>(std::min(kSampleImages, fits));
    const torch::Tensor index = reached.narrow(0, 0, std::min(most, reached.numel()));
    const auto pick = [&](const torch::Tensor& of) {
        return of.index_select(0, index.to(of.device())).cpu();
    };
    protocol::ImageGrid grid{.name = "samples",
                             .title = "One image, two classes",
                             .caption = "Altered training images that " + names.first + " takes for t1 and " +
                                        names.second +
                                        " for t2. D1' labels them t1, D2' labels them t2. Ids are "
                                        "indices into the training split.",
                             .section = "Construction"};
    fillTriples(grid, pick(ids), pick(clean), pick(set.images), "altered");
    grid.attributes = {
        reporting::classesOf("label", "True class", names.classes, pick(y)),
        reporting::classesOf("t1", "t1: predicted by " + names.first, names.classes, pick(aims.t1)),
        reporting::classesOf("t2", "t2: predicted by " + names.second, names.classes, pick(aims.t2))};
    return grid;
}

} // namespace assay::transfer
