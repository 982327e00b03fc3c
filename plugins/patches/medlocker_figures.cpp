#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/stored_results.h"
#include "plugins/patches/medlocker_report.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::medlocker {

using namespace reporting;
using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr int kQueryBins = 12;
/// Colours of the conditions, in order.
constexpr std::array<const char*, kConditions> kConditionRoles = {"unfooled", "accent",    "neutral",
                                                                  "empty",    "different", "same"};

protocol::Axis modelAxis(const MedlockerResults& r)
{
    protocol::Axis axis{.label = "Model", .scale = AxisScale::Category};
    for (const JudgeModel& m : r.models)
        axis.categories.push_back(m.name + (m.surrogate ? " (surrogate)" : ""));
    return axis;
}

std::string markedSentence(const MedlockerResults& r)
{
    return std::to_string(r.n()) + " of " + std::to_string(r.drawn) + " images drawn got a logo; " +
           std::to_string(r.misclassified) + " are misclassified by the surrogate and " +
           std::to_string(r.infeasible) + " have no room beside the mask.";
}

Layer conditionBars(std::size_t condition)
{
    Layer bars;
    bars.kind = LayerKind::Bars;
    bars.name = conditionTitle(condition);
    bars.role = kConditionRoles.at(condition);
    return bars;
}

/// Lines of surrogate and other models, optimised and random, over the settings of a sweep.
std::vector<Layer> sweepLines(const MedlockerResults& r, const std::vector<SweepPoint>& points)
{
    std::vector<Layer> lines;
    const auto line = [&](std::string name, std::string role, bool optimised, bool surrogate) {
        Layer layer;
        layer.kind = LayerKind::Line;
        layer.name = std::move(name);
        layer.role = std::move(role);
        for (const SweepPoint& p : points) {
            const std::vector<metrics::Rate>& rates = optimised ? p.optimised : p.random;
            if (surrogate) {
                addRateMark(layer, p.value, rates.front(), true);
                continue;
            }
            // All others pooled: a rate over pairs of a model and an image.
            std::int64_t count = 0, n = 0;
            for (std::size_t m = 1; m < rates.size(); ++m) {
                count += rates[m].count;
                n += rates[m].n;
            }
            addRateMark(layer, p.value, metrics::wilson(count, n), true);
        }
        lines.push_back(std::move(layer));
    };
    line("surrogate, optimised", "accent", true, true);
    line("surrogate, random place", "neutral", false, true);
    if (r.models.size() > 1) {
        line("other models, optimised", "different", true, false);
        line("other models, random place", "unfooled", false, false);
    }
    return lines;
}

Figure sweepFigure(const MedlockerResults& r, const std::vector<SweepPoint>& points, std::string name,
                   std::string title)
{
    Figure f{.name = std::move(name),
             .title = std::move(title),
             .section = "Comparisons",
             .rateOf = "images with room for the logo that the model classifies correctly without it",
             .interval = kWilson};
    f.caption = "Without the fallback; images without room are left out:";
    for (const SweepPoint& p : points)
        f.caption += " " + std::to_string(p.infeasible) + " of " + std::to_string(p.infeasible + p.n) +
                     " at " + shortText(p.value) + ",";
    f.caption.back() = '.';
    f.y = percentScale("Missed");
    f.layers = sweepLines(r, points);
    return f;
}

std::string optimiserTitle(const std::string& id)
{
    return optimiserTitles()[positionOf(optimiserIds(), id)];
}

} // namespace

Figure accuracyFigure(const MedlockerResults& r)
{
    Figure f{.name = "accuracy",
             .title = "Accuracy with and without the logo",
             .caption = markedSentence(r) + " Wilson 95 % intervals.",
             .section = "Accuracy",
             .rateOf = "marked images",
             .interval = kWilson,
             .x = modelAxis(r),
             .y = percentScale("Accuracy")};
    for (std::size_t c = 0; c < kConditions; ++c) {
        if (!r.has(static_cast<Condition>(c)))
            continue;
        Layer bars = conditionBars(c);
        for (std::size_t m = 0; m < r.models.size(); ++m) {
            addRateMark(bars, static_cast<double>(m), r.accuracy(static_cast<Condition>(c), m), true);
            bars.samples.add(idsWhere(r.ids, r.likely[c][m].ne(r.y)));
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure successFigure(const MedlockerResults& r)
{
    Figure f{.name = "success",
             .title = "What the place of the logo does",
             .caption =
                 "Random place and corner have the opacity that the search found. The corner may cover "
                 "what is protected; the search without a mask says what the mask costs. " +
                 markedSentence(r),
             .section = "Accuracy",
             .rateOf = "marked images that the model classifies correctly without a logo",
             .interval = kWilson,
             .x = modelAxis(r),
             .y = percentScale("Missed")};
    for (std::size_t c = 1; c < kConditions; ++c) {
        if (!r.has(static_cast<Condition>(c)))
            continue;
        Layer bars = conditionBars(c);
        for (std::size_t m = 0; m < r.models.size(); ++m) {
            addRateMark(bars, static_cast<double>(m), r.success(static_cast<Condition>(c), m), true);
            const torch::Tensor right = r.at(Condition::Clean)[m].eq(r.y);
            bars.samples.add(idsWhere(r.ids, right.logical_and(r.likely[c][m].ne(r.y))));
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure sizeFigure(const MedlockerResults& r)
{
    Figure f = sweepFigure(r, r.bySize, "success-by-size", "Success over the size of the logo");
    f.x = {.label = "Logo size", .unit = "of the shorter side"};
    return f;
}

Figure thresholdFigure(const MedlockerResults& r)
{
    Figure f = sweepFigure(r, r.byThreshold, "success-by-threshold", "Success over the protected area");
    f.x = {.label = "T_m (the higher, the smaller the protected area)"};
    return f;
}

Figure queriesFigure(const MedlockerResults& r)
{
    Figure f{.name = "queries",
             .title = "Queries of an image",
             .caption = "At most " + std::to_string(r.budget) +
                        " queries each. A search ends at its first "
                        "success, so that fooled images stand at the left.",
             .section = "Search"};
    f.x = {.label = "Queries", .low = 0};
    f.y = {.label = "Images", .low = 0};
    for (const bool fooled : {true, false}) {
        Layer bars;
        bars.kind = LayerKind::Bars;
        bars.name = fooled ? "missed by the surrogate" : "hold";
        bars.role = fooled ? "accent" : "unfooled";
        bars.stack = "queries";
        const double width = std::max(1.0, static_cast<double>(r.budget) / kQueryBins);
        for (int bin = 0; bin < kQueryBins; ++bin) {
            std::vector<std::int64_t> ids;
            for (std::size_t i = 0; i < r.found.size(); ++i) {
                const Found& found = r.found[i];
                const int at = std::min(kQueryBins - 1, static_cast<int>((found.queries - 1) / width));
                if (at == bin && found.judged.fooled == fooled)
                    ids.push_back(r.ids[static_cast<std::int64_t>(i)].item<std::int64_t>());
            }
            bars.x.push_back((bin + 0.5) * width);
            bars.y.push_back(static_cast<double>(ids.size()));
            bars.samples.add(ids);
        }
        f.layers.push_back(std::move(bars));
    }
    return f;
}

Figure optimiserFigure(const MedlockerResults& r)
{
    Figure f{.name = "optimisers",
             .title = "Optimisers at equal budget",
             .caption = "Share of the images that the surrogate misses after so many queries. Questions are "
                        "asked a population at a time.",
             .section = "Comparisons",
             .rateOf = "images of the comparison"};
    f.x = {.label = "Queries", .low = 0};
    f.y = percentScale("Missed");
    for (const OptimiserResult& o : r.optimisers) {
        Layer line;
        line.kind = LayerKind::Line;
        line.name = optimiserTitle(o.id);
        std::vector<int> successes;
        for (const Found& found : o.found)
            if (found.judged.fooled)
                successes.push_back(found.queries);
        std::ranges::sort(successes);
        const auto n = static_cast<std::int64_t>(o.found.size());
        const int step = std::max(1, r.budget / (2 * kQueryBins));
        for (int q = 0; q <= r.budget; q += step) {
            const auto within = std::ranges::upper_bound(successes, q) - successes.begin();
            addRateMark(line, q, metrics::wilson(within, n), false);
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

Figure landscapeFigure(const ShownImages& shown, std::int64_t row)
{
    const torch::Tensor landscape = shown.landscapes[row].contiguous();
    Figure f{.name = "landscape",
             .title = "Objective over the place of the logo, test image " +
                      std::to_string(shown.ids[row].item<std::int64_t>()),
             .caption = "Probability of the true class with the logo's upper left corner there, at opacity " +
                        shortText(shown.landscapeAlpha / 255.0) + ", protected places included.",
             .section = "Search",
             .aspect = 1.1};
    f.x = {.label = "Column u", .unit = "pixels"};
    f.y = {.label = "Above the lowest place", .unit = "pixels"};
    f.colour = {.label = "p(true class)", .low = 0, .high = 1};
    Layer cells;
    cells.kind = LayerKind::Cells;
    cells.colourMap = "sequential";
    // The places that the logo has; the rest of the kept grid is empty.
    const int side = shown.sideOf(row);
    const auto rows = (shown.clean.size(2) - side) / shown.stride + 1;
    const auto columns = (shown.clean.size(3) - side) / shown.stride + 1;
    cells.rows = static_cast<std::uint32_t>(rows);
    cells.columns = static_cast<std::uint32_t>(columns);
    for (std::int64_t c = 0; c < columns; ++c)
        cells.x.push_back(static_cast<double>(c * shown.stride));
    for (std::int64_t v = rows - 1; v >= 0; --v) // row 0 of cells is at the bottom
        for (std::int64_t c = 0; c < columns; ++c)
            cells.z.push_back(landscape[v][c].item<float>());
    for (std::int64_t v = 0; v < rows; ++v)
        cells.y.push_back(static_cast<double>(v * shown.stride));
    f.layers.push_back(std::move(cells));
    return f;
}

} // namespace assay::medlocker
