#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "plugins/transfer/matrix_report.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace assay::transfer {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

template <class Body>
void forEachCell(const MatrixResults& r, MatrixDenominator of, Body body)
{
    for (std::size_t a = 0; a < r.attacks.size(); ++a)
        for (std::size_t e = 0; e < r.eps.size(); ++e)
            for (std::size_t s = 0; s < r.sources.size(); ++s)
                for (std::size_t t = 0; r.set(s, a, e).done() && t < r.targets.size(); ++t)
                    body(MatrixView{s, t, a, e, of});
}

double secondsOf(const MatrixResults& r, std::size_t attack, std::size_t eps)
{
    double sum = 0;
    for (std::size_t s = 0; s < r.sources.size(); ++s)
        sum += r.set(s, attack, eps).seconds;
    return sum;
}

} // namespace

Table matrixTable(const MatrixResults& r, MatrixDenominator of)
{
    Table table{
        .name = "matrix",
        .title = "Every source, target and attack",
        .caption = "Fractions of the " + denominatorText(r, of) +
                   "; same and different add up to success less the images on which the source itself is not "
                   "fooled. low and high: Wilson 95 % of success.",
        .section = "Tables"};
    table.columns = {textColumn("source", "Source"),
                     textColumn("target", "Target"),
                     textColumn("attack", "Attack"),
                     textColumn("norm", "Norm"),
                     numberColumn("eps", "ε", -1, "of [0,1]"),
                     numberColumn("n", "Images", 0),
                     numberColumn("success", "Success", 3),
                     numberColumn("same", "Same", 3),
                     numberColumn("different", "Different", 3),
                     numberColumn("low", "low", 3),
                     numberColumn("high", "high", 3)};
    forEachCell(r, of, [&](const MatrixView& cell) {
        const CellMasks masks = cellMasks(r, cell);
        const CellRates rates = cellRates(masks);
        TableRow(table) << r.sources[cell.source] << r.targets[cell.target] << r.attacks[cell.attack]
                        << r.norm << r.eps[cell.eps] << static_cast<double>(rates.success.n)
                        << rates.success.value << rates.same.value << rates.different.value
                        << rates.success.low << rates.success.high;
        table.samples.add(reporting::idsWhere(r.ids, masks.success));
    });
    return table;
}

Table intervalsTable(const MatrixResults& r, MatrixDenominator of, const metrics::BootstrapSpec& spec)
{
    Table table{.name = "intervals",
                .title = "Both intervals of every success rate",
                .caption = "Wilson 95 % (low, high) and the percentile interval of " +
                           std::to_string(spec.resamples) + " bootstrap resamples of the images.",
                .section = "Tables"};
    table.columns = {textColumn("source", "Source"),
                     textColumn("target", "Target"),
                     textColumn("attack", "Attack"),
                     numberColumn("eps", "ε", -1, "of [0,1]"),
                     numberColumn("white_box", "White box", 0),
                     numberColumn("n", "Images", 0),
                     numberColumn("success", "Success", 3),
                     numberColumn("low", "low", 3),
                     numberColumn("high", "high", 3),
                     numberColumn("bootstrap_low", "Bootstrap, low", 3),
                     numberColumn("bootstrap_high", "Bootstrap, high", 3)};
    std::vector<CellMasks> masks;
    forEachCell(r, of, [&](const MatrixView& cell) { masks.push_back(cellMasks(r, cell)); });
    const std::vector<metrics::Interval> drawn = bootstrapSuccess(masks, spec);
    std::size_t next = 0;
    forEachCell(r, of, [&](const MatrixView& cell) {
        const metrics::Rate rate = cellRates(masks[next]).success;
        TableRow(table) << r.sources[cell.source] << r.targets[cell.target] << r.attacks[cell.attack]
                        << r.eps[cell.eps] << (r.whiteBox(cell.source, cell.target) ? 1.0 : 0.0)
                        << static_cast<double>(rate.n) << rate << drawn[next].low << drawn[next].high;
        ++next;
    });
    return table;
}

Table rankingTable(const MatrixResults& r, MatrixDenominator of, const metrics::BootstrapSpec& spec)
{
    Table table{
        .name = "ranking",
        .title = "Ranking of the attacks",
        .caption =
            "Mean success over the black-box pairs, of " + denominatorText(r, of) +
            ". behind: how far below the best, with an interval that is paired over the images; best "
            "share: in how many resamples the attack is the best; seconds: what making its images took.",
        .section = "Ranking"};
    table.columns = {numberColumn("eps", "ε", -1, "of [0,1]"),
                     numberColumn("place", "Place", 0),
                     textColumn("attack", "Attack"),
                     numberColumn("mean_success", "Mean success", 3),
                     numberColumn("low", "low", 3),
                     numberColumn("high", "high", 3),
                     numberColumn("behind", "Behind the best", 3),
                     numberColumn("behind_low", "low", 3),
                     numberColumn("behind_high", "high", 3),
                     numberColumn("best_share", "Best in", 3),
                     numberColumn("seconds", "Seconds", 2, "s")};
    for (std::size_t e = 0; e < r.eps.size(); ++e) {
        const std::vector<Ranked> ranked = ranking(r, e, of, spec);
        for (std::size_t place = 0; place < ranked.size(); ++place) {
            const Ranked& x = ranked[place];
            TableRow(table) << r.eps[e] << static_cast<double>(place + 1) << r.attacks[x.attack] << x.mean
                            << x.interval.low << x.interval.high << x.behindBest << x.behindInterval.low
                            << x.behindInterval.high << x.bestShare << secondsOf(r, x.attack, e);
        }
    }
    return table;
}

Table cleanTable(const MatrixResults& r)
{
    Table table{.name = "clean",
                .title = "Models",
                .caption = "Accuracy on the images drawn, before any attack, with its Wilson 95 % interval.",
                .section = "Models"};
    table.columns = {textColumn("model", "Model"),   textColumn("role", "Role"),
                     numberColumn("n", "Images", 0), numberColumn("accuracy", "Accuracy", 3),
                     numberColumn("low", "low", 3),  numberColumn("high", "high", 3)};
    const auto add = [&](const std::string& name, const char* role, const torch::Tensor& predicted) {
        TableRow(table) << name << std::string(role) << static_cast<double>(r.y.size(0))
                        << metrics::wilson((predicted == r.y).sum().item<std::int64_t>(), r.y.size(0));
    };
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        const bool both = std::ranges::find(r.targets, r.sources[s]) != r.targets.end();
        add(r.sources[s], both ? "source and target" : "source", r.cleanSource[static_cast<std::int64_t>(s)]);
    }
    for (std::size_t t = 0; t < r.targets.size(); ++t)
        if (std::ranges::find(r.sources, r.targets[t]) == r.sources.end())
            add(r.targets[t], "target", r.cleanTarget[static_cast<std::int64_t>(t)]);
    return table;
}

std::vector<protocol::Metric> matrixMetrics(const MatrixResults& r, MatrixDenominator of,
                                            const metrics::BootstrapSpec& spec)
{
    std::vector<protocol::Metric> all;
    const std::size_t last = r.eps.size() - 1;
    for (std::size_t a = 0; a < r.attacks.size(); ++a)
        for (std::size_t s = 0; s < r.sources.size(); ++s)
            for (std::size_t t = 0; t < r.targets.size(); ++t)
                if (r.whiteBox(s, t))
                    all.push_back(reporting::rateNumber("white_box." + r.sources[s] + "." + r.attacks[a],
                                                        cellRates(cellMasks(r, {s, t, a, last, of})).success,
                                                        denominatorText(r, of) + ", at the largest eps"));
    for (const Ranked& x : ranking(r, last, of, spec))
        all.push_back({.name = "black_box." + r.attacks[x.attack],
                       .value = x.mean,
                       .low = x.interval.low,
                       .high = x.interval.high,
                       .interval = "bootstrap 95 %"});
    return all;
}

} // namespace assay::transfer
