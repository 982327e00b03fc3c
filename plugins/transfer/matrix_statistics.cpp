#include "plugins/transfer/matrix_statistics.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::transfer {

namespace {

std::int64_t trueCount(const torch::Tensor& mask)
{
    return mask.sum().item<std::int64_t>();
}

std::int64_t row(std::size_t index)
{
    return static_cast<std::int64_t>(index);
}

/// One attack's black-box pairs: columns success, counted, success, counted, ... [N, 2 pairs]; undefined if
/// not done.
torch::Tensor pairColumns(const MatrixResults& r, std::size_t attack, std::size_t eps, MatrixDenominator of)
{
    std::vector<torch::Tensor> columns;
    for (std::size_t s = 0; s < r.sources.size(); ++s) {
        if (!r.set(s, attack, eps).done())
            return {};
        for (std::size_t t = 0; t < r.targets.size(); ++t) {
            if (r.whiteBox(s, t))
                continue;
            const CellMasks masks = cellMasks(r, {s, t, attack, eps, of});
            if (trueCount(masks.counted) == 0)
                continue;
            columns.push_back(masks.success);
            columns.push_back(masks.counted);
        }
    }
    return columns.empty() ? torch::Tensor() : torch::stack(columns, 1).to(torch::kFloat64);
}

/// Mean over the pairs of success / counted, of rows of means [B, 2 pairs] -> [B]. Pairs that a resample
/// leaves without an image do not count in it.
torch::Tensor meanOverPairs(const torch::Tensor& means)
{
    const torch::Tensor pairs = means.reshape({means.size(0), -1, 2});
    const torch::Tensor rates = pairs.select(2, 0) / pairs.select(2, 1);
    const torch::Tensor valid = rates.isfinite();
    return torch::where(valid, rates, torch::zeros_like(rates)).sum(1) / valid.sum(1);
}

} // namespace

CellMasks cellMasks(const MatrixResults& r, const MatrixView& v)
{
    const MatrixSet& set = r.set(v.source, v.attack, v.eps);
    const torch::Tensor y1 = set.source, y2 = set.target[row(v.target)];
    const torch::Tensor before1 = r.cleanSource[row(v.source)], before2 = r.cleanTarget[row(v.target)];
    CellMasks m;
    const bool aimed = v.of == MatrixDenominator::NotAimed && r.targeted();
    m.counted = v.of == MatrixDenominator::All ? torch::ones_like(r.y, torch::kBool)
                : aimed                        ? before2 != r.aim
                                               : (before1 == r.y).logical_and(before2 == r.y);
    m.success = (r.targeted() ? y2 == r.aim : y2 != r.y).logical_and(m.counted);
    m.same = m.success.logical_and(y1 == y2);
    m.different = m.success.logical_and(y1 != y2).logical_and(y1 != r.y);
    return m;
}

CellRates cellRates(const CellMasks& m)
{
    const std::int64_t n = trueCount(m.counted);
    return {metrics::wilson(trueCount(m.success), n), metrics::wilson(trueCount(m.same), n),
            metrics::wilson(trueCount(m.different), n)};
}

std::string denominatorText(const MatrixResults& r, MatrixDenominator of)
{
    switch (of) {
    case MatrixDenominator::All:
        return "all attacked images";
    case MatrixDenominator::NotAimed:
        if (r.targeted())
            return "images that the target does not take for the aimed class before the attack";
        break;
    case MatrixDenominator::Correct:
        break;
    }
    return "images that source and target classify correctly before the attack";
}

std::vector<Ranked> ranking(const MatrixResults& r, std::size_t eps, MatrixDenominator of,
                            const metrics::BootstrapSpec& spec)
{
    std::vector<Ranked> ranked;
    std::vector<torch::Tensor> columns;
    for (std::size_t a = 0; a < r.attacks.size(); ++a) {
        const torch::Tensor pairs = pairColumns(r, a, eps, of);
        if (!pairs.defined())
            continue;
        ranked.push_back({.attack = a, .mean = meanOverPairs(pairs.mean(0, true)).item<double>()});
        columns.push_back(pairs);
    }
    if (ranked.empty())
        return ranked;
    // One drawing for all attacks: differences are paired.
    const torch::Tensor drawn = metrics::resampledMeans(torch::cat(columns, 1), spec);
    std::vector<torch::Tensor> resampled; // per ranked attack [B]
    std::int64_t first = 0;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        resampled.push_back(meanOverPairs(drawn.narrow(1, first, columns[i].size(1))));
        ranked[i].interval = metrics::percentileInterval(resampled.back(), spec.level);
        first += columns[i].size(1);
    }
    const auto best =
        static_cast<std::size_t>(std::ranges::max_element(ranked, {}, &Ranked::mean) - ranked.begin());
    std::vector<std::size_t> order(ranked.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return ranked[i].mean; });
    std::vector<torch::Tensor> byMean;
    for (const std::size_t i : order)
        byMean.push_back(resampled[i]);
    const torch::Tensor winners = std::get<1>(torch::stack(byMean).max(0)); // of equal ones the first
    std::vector<Ranked> result;
    for (std::size_t place = 0; place < order.size(); ++place) {
        Ranked entry = ranked[order[place]];
        entry.behindBest = ranked[best].mean - entry.mean;
        entry.behindInterval =
            metrics::percentileInterval(resampled[best] - resampled[order[place]], spec.level);
        entry.bestShare = (winners == row(place)).to(torch::kFloat64).mean().item<double>();
        result.push_back(entry);
    }
    return result;
}

std::vector<metrics::Interval> bootstrapSuccess(const std::vector<CellMasks>& cells,
                                                const metrics::BootstrapSpec& spec)
{
    std::vector<torch::Tensor> columns;
    for (const CellMasks& masks : cells) {
        columns.push_back(masks.success);
        columns.push_back(masks.counted);
    }
    std::vector<metrics::Interval> intervals;
    if (cells.empty())
        return intervals;
    const torch::Tensor means = metrics::resampledMeans(torch::stack(columns, 1), spec);
    for (std::int64_t c = 0; c < means.size(1); c += 2)
        intervals.push_back(
            metrics::percentileInterval(means.select(1, c) / means.select(1, c + 1), spec.level));
    return intervals;
}

} // namespace assay::transfer
