#include "backend/metrics/average_precision.h"

#include "backend/metrics/draws.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <functional>

namespace assay::metrics {

namespace {

using Times = std::span<const std::int32_t>;

/// One number for each resample of @p images, from how often each image is drawn.
torch::Tensor overResamples(std::int64_t images, const BootstrapSpec& spec,
                            const std::function<double(Times)>& statistic)
{
    if (spec.resamples < 1 || spec.resamples > 1000000)
        throw Error("a bootstrap of " + std::to_string(spec.resamples) +
                    " resamples is asked for; it must be 1 to 1000000");
    torch::Tensor result = torch::empty({spec.resamples}, torch::kFloat64);
    Draws draws(spec.seed);
    std::vector<std::int32_t> times(static_cast<std::size_t>(images));
    for (int r = 0; r < spec.resamples; ++r) {
        std::ranges::fill(times, 0);
        for (std::int64_t i = 0; i < images; ++i)
            ++times[static_cast<std::size_t>(draws.below(images))];
        result.data_ptr<double>()[r] = statistic(times);
    }
    return result;
}

/// Of every resample the mean of @p value over the matchings that have one.
torch::Tensor meansOverResamples(std::span<const Matches> matches, const BootstrapSpec& spec,
                                 const std::function<std::optional<double>(const Matches&, Times)>& value)
{
    const std::int64_t images = matches.empty() ? 0 : matches.front().images();
    for (const Matches& one : matches) {
        if (one.images() != images)
            throw Error("matchings of " + std::to_string(images) + " and of " + std::to_string(one.images()) +
                        " images cannot be drawn anew together");
    }
    return overResamples(images, spec, [&](Times times) {
        double sum = 0;
        int count = 0;
        for (const Matches& one : matches) {
            if (const std::optional<double> precision = value(one, times)) {
                sum += *precision;
                ++count;
            }
        }
        return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
    });
}

} // namespace

std::vector<double> cocoThresholds()
{
    std::vector<double> thresholds;
    for (int i = 10; i < 20; ++i)
        thresholds.push_back(i / 20.0);
    return thresholds;
}

std::optional<double> meanAveragePrecision(std::span<const Matches> matches)
{
    double sum = 0;
    int count = 0;
    for (const Matches& one : matches) {
        if (const std::optional<double> precision = one.averagePrecision()) {
            sum += *precision;
            ++count;
        }
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

std::vector<Matches> matchesOf(std::span<const DetectedImage> images, std::span<const double> thresholds,
                               std::int32_t categories, const MatchRule& rule)
{
    std::vector<Matches> matches;
    for (std::int32_t category = 0; category < categories; ++category) {
        for (const double threshold : thresholds) {
            MatchRule here = rule;
            here.category = category;
            here.iou = threshold;
            matches.emplace_back(images, here);
        }
    }
    return matches;
}

torch::Tensor resampledPrecision(std::span<const Matches> matches, const BootstrapSpec& spec)
{
    return meansOverResamples(matches, spec,
                              [](const Matches& one, Times times) { return one.averagePrecision(times); });
}

torch::Tensor resampledElevenPoint(std::span<const Matches> matches, const BootstrapSpec& spec)
{
    return meansOverResamples(
        matches, spec, [](const Matches& one, Times times) { return one.elevenPointPrecision(times); });
}

torch::Tensor resampledMissRate(const Matches& matches, double score, const BootstrapSpec& spec)
{
    std::vector<std::int64_t> truths(static_cast<std::size_t>(matches.images()));
    std::vector<std::int64_t> missed(truths.size());
    for (const TruthOutcome& outcome : matches.outcomes()) {
        const auto image = static_cast<std::size_t>(outcome.image);
        ++truths[image];
        if (!outcome.score || *outcome.score < score)
            ++missed[image];
    }
    return overResamples(matches.images(), spec, [&](Times times) {
        DetectionCounts counts;
        for (std::size_t i = 0; i < times.size(); ++i) {
            counts.truths += times[i] * truths[i];
            counts.matched += times[i] * (truths[i] - missed[i]);
        }
        return counts.missRate();
    });
}

} // namespace assay::metrics
