#include "backend/metrics/roc.h"

#include "backend/metrics/draws.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace assay::metrics {

SortedScores::SortedScores(std::span<const double> scores, std::span<const std::uint8_t> positive)
{
    if (scores.size() != positive.size())
        throw Error(std::to_string(scores.size()) + " scores do not go with " +
                    std::to_string(positive.size()) + " outcomes");
    if (std::ranges::any_of(scores, [](double score) { return std::isnan(score); }))
        throw Error("a score is not a number");
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return scores[i]; });
    for (const std::size_t i : order) {
        m_scores.push_back(scores[i]);
        m_positive.push_back(positive[i] != 0 ? 1 : 0);
        m_positives += m_positive.back();
    }
}

double auroc(std::span<const double> ascending, std::span<const std::uint8_t> positive,
             std::span<const std::uint32_t> counts)
{
    double positivesAbove = 0, negatives = 0, won = 0;
    for (std::size_t last = ascending.size(); last > 0;) {
        double ofPositive = 0, ofNegative = 0;
        const double score = ascending[last - 1];
        std::size_t first = last;
        while (first > 0 && ascending[first - 1] == score) {
            --first;
            (positive[first] != 0 ? ofPositive : ofNegative) += counts.empty() ? 1 : counts[first];
        }
        won += ofNegative * (positivesAbove + ofPositive / 2);
        positivesAbove += ofPositive;
        negatives += ofNegative;
        last = first;
    }
    if (positivesAbove == 0 || negatives == 0)
        return std::numeric_limits<double>::quiet_NaN();
    return won / positivesAbove / negatives;
}

double auroc(const SortedScores& sorted)
{
    return auroc(sorted.scores(), sorted.positive());
}

Interval aurocInterval(const SortedScores& sorted, const BootstrapSpec& spec)
{
    if (spec.resamples < 1 || spec.resamples > 1000000)
        throw Error("a bootstrap of " + std::to_string(spec.resamples) +
                    " resamples is asked for; it must be 1 to 1000000");
    const double none = std::numeric_limits<double>::quiet_NaN();
    if (sorted.positives() == 0 || sorted.negatives() == 0)
        return {none, none};
    std::vector<std::size_t> of[2];
    for (std::size_t i = 0; i < sorted.positive().size(); ++i)
        of[sorted.positive()[i]].push_back(i);
    Draws draws(spec.seed);
    const torch::Tensor found = torch::empty({spec.resamples}, torch::kFloat64);
    for (int r = 0; r < spec.resamples; ++r) {
        std::vector<std::uint32_t> counts(sorted.scores().size(), 0);
        for (const std::vector<std::size_t>& kind : of)
            for (std::size_t i = 0; i < kind.size(); ++i)
                ++counts[kind[static_cast<std::size_t>(draws.below(static_cast<std::int64_t>(kind.size())))]];
        found.data_ptr<double>()[r] = auroc(sorted.scores(), sorted.positive(), counts);
    }
    return percentileInterval(found, spec.level);
}

std::vector<RocPoint> rocCurve(const SortedScores& sorted)
{
    const auto shareOf = [](std::int64_t count, std::int64_t n) {
        return n == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(count) / static_cast<double>(n);
    };
    RocPoint point{.threshold = std::numeric_limits<double>::infinity(),
                   .tpr = shareOf(0, sorted.positives()),
                   .fpr = shareOf(0, sorted.negatives())};
    std::vector<RocPoint> curve = {point};
    for (std::size_t last = sorted.scores().size(); last > 0;) {
        point.threshold = sorted.scores()[last - 1];
        while (last > 0 && sorted.scores()[last - 1] == point.threshold) {
            --last;
            ++(sorted.positive()[last] != 0 ? point.truePositives : point.falsePositives);
        }
        point.tpr = shareOf(point.truePositives, sorted.positives());
        point.fpr = shareOf(point.falsePositives, sorted.negatives());
        curve.push_back(point);
    }
    return curve;
}

double tprAtFpr(const std::vector<RocPoint>& curve, double fpr)
{
    double best = std::numeric_limits<double>::quiet_NaN();
    for (const RocPoint& point : curve)
        if (point.fpr <= fpr && !std::isnan(point.tpr))
            best = std::isnan(best) ? point.tpr : std::max(best, point.tpr);
    return best;
}

double f1Score(const RocPoint& point, std::int64_t positives)
{
    const std::int64_t all = point.truePositives + point.falsePositives + positives;
    return all == 0 ? 0 : 2 * static_cast<double>(point.truePositives) / static_cast<double>(all);
}

RocPoint bestF1(const std::vector<RocPoint>& curve, std::int64_t positives)
{
    return *std::ranges::max_element(curve, {},
                                     [&](const RocPoint& point) { return f1Score(point, positives); });
}

} // namespace assay::metrics
