#include "backend/metrics/average_precision.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>

namespace assay::metrics {

namespace {

constexpr int kRecallSteps = 100;
/// COCO's own: an overlap of just the threshold is enough, and no rounding of it stands in the way.
constexpr double kAlmostOne = 1 - 1e-10;

/// The indices of what is found of a category, by descending score, the best @p most of them.
std::vector<std::size_t> bestFound(const DetectedImage& image, const MatchRule& rule)
{
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < image.found.size(); ++i) {
        if (std::isnan(image.found[i].score))
            throw Error("a found object has no score (NaN)");
        if (image.found[i].category == rule.category)
            order.push_back(i);
    }
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](std::size_t i) { return image.found[i].score; });
    if (order.size() > static_cast<std::size_t>(rule.most))
        order.resize(static_cast<std::size_t>(rule.most));
    return order;
}

/// The indices of the truths of a category, those inside the area range first.
std::vector<std::size_t> truthsInOrder(const DetectedImage& image, const MatchRule& rule, std::size_t& inside)
{
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < image.truths.size(); ++i) {
        if (image.truths[i].category == rule.category)
            order.push_back(i);
    }
    const auto outside = std::ranges::stable_partition(
        order, [&](std::size_t i) { return rule.area.holds(image.truths[i].box.area()); });
    inside = static_cast<std::size_t>(outside.begin() - order.begin());
    return order;
}

/// The mean of every @p step -th precision, the first included; empty without any.
std::optional<double> meanOfEvery(int step, const std::vector<double>& precision)
{
    if (precision.empty())
        return std::nullopt;
    double sum = 0;
    int count = 0;
    for (std::size_t i = 0; i < precision.size(); i += static_cast<std::size_t>(step), ++count)
        sum += precision[i];
    return sum / count;
}

double ratio(std::int64_t part, std::int64_t whole)
{
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
}

} // namespace

double intersectionOverUnion(const Rectangle& a, const Rectangle& b)
{
    const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (!(width > 0) || !(height > 0))
        return 0;
    const double common = width * height;
    return common / (a.area() + b.area() - common);
}

double DetectionCounts::missRate() const
{
    return ratio(missed(), truths);
}

double DetectionCounts::recall() const
{
    return ratio(matched, truths);
}

double DetectionCounts::precision() const
{
    return ratio(matched, matched + falseAlarms);
}

Matches::Matches(std::span<const DetectedImage> images, const MatchRule& rule)
    : m_images(static_cast<std::int64_t>(images.size()))
    , m_truthsOf(images.size())
{
    if (!(rule.iou > 0 && rule.iou <= 1))
        throw Error("objects cannot be matched at an overlap of " + std::to_string(rule.iou) +
                    "; it must be in (0, 1]");
    if (rule.most < 1)
        throw Error("at most " + std::to_string(rule.most) +
                    " found objects an image are asked for; it must be at least 1");
    for (std::size_t i = 0; i < images.size(); ++i)
        matchImage(images[i], static_cast<std::int64_t>(i), rule);
    std::ranges::stable_sort(m_counted, std::ranges::greater(), &Counted::score);
}

void Matches::matchImage(const DetectedImage& image, std::int64_t index, const MatchRule& rule)
{
    std::size_t inside = 0;
    const std::vector<std::size_t> truths = truthsInOrder(image, rule, inside);
    std::vector<bool> taken(truths.size());
    const std::size_t firstOutcome = m_outcomes.size();
    for (std::size_t t = 0; t < inside; ++t)
        m_outcomes.push_back({.image = index, .truth = static_cast<std::int64_t>(truths[t])});
    m_truthsOf[static_cast<std::size_t>(index)] = static_cast<std::int32_t>(inside);

    for (const std::size_t f : bestFound(image, rule)) {
        const FoundObject& found = image.found[f];
        double best = std::min(rule.iou, kAlmostOne);
        std::optional<std::size_t> match;
        for (std::size_t t = 0; t < truths.size(); ++t) {
            if (match && *match < inside && t >= inside)
                break; // what is outside comes into question only where nothing inside fits
            const double overlap =
                taken[t] ? 0 : intersectionOverUnion(found.box, image.truths[truths[t]].box);
            if (overlap >= best) {
                best = overlap;
                match = t;
            }
        }
        if (match)
            taken[*match] = true;
        const bool counts = match ? *match < inside : rule.area.holds(found.box.area());
        if (!counts)
            continue;
        m_counted.push_back({found.score, static_cast<std::int32_t>(index), match.has_value()});
        if (match) {
            TruthOutcome& outcome = m_outcomes[firstOutcome + *match];
            outcome.score = found.score;
            outcome.by = static_cast<std::int64_t>(f);
        }
    }
}

std::vector<double> Matches::interpolated(std::span<const std::int32_t> times) const
{
    const auto drawn = [&](std::int32_t image) -> std::int64_t {
        return times.empty() ? 1 : times[static_cast<std::size_t>(image)];
    };
    std::int64_t truths = 0;
    for (std::size_t i = 0; i < m_truthsOf.size(); ++i)
        truths += drawn(static_cast<std::int32_t>(i)) * m_truthsOf[i];
    if (truths == 0)
        return {};
    std::vector<double> best(kRecallSteps + 1, 0.0);
    std::int64_t matched = 0, all = 0;
    for (const Counted& found : m_counted) {
        const std::int64_t count = drawn(found.image);
        all += count;
        if (!found.matched || count == 0)
            continue;
        matched += count;
        // This precision holds for every recall up to matched / truths that no earlier one reached: kept at
        // the highest of them, and passed down to the lower ones below.
        const auto step = static_cast<std::size_t>((kRecallSteps * matched) / truths);
        best[step] = std::max(best[step], ratio(matched, all));
    }
    for (std::size_t step = kRecallSteps; step-- > 0;)
        best[step] = std::max(best[step], best[step + 1]);
    return best;
}

std::vector<double> Matches::interpolated() const
{
    return interpolated(std::span<const std::int32_t>());
}

std::optional<double> Matches::averagePrecision() const
{
    return meanOfEvery(1, interpolated());
}

std::optional<double> Matches::averagePrecision(std::span<const std::int32_t> times) const
{
    requireDrawn(times);
    return meanOfEvery(1, interpolated(times));
}

std::optional<double> Matches::elevenPointPrecision() const
{
    return meanOfEvery(kRecallSteps / 10, interpolated());
}

std::optional<double> Matches::elevenPointPrecision(std::span<const std::int32_t> times) const
{
    requireDrawn(times);
    return meanOfEvery(kRecallSteps / 10, interpolated(times));
}

std::optional<double> Matches::allPointPrecision() const
{
    if (m_outcomes.empty())
        return std::nullopt;
    // From the last found one back: every true one adds a step of recall at the best precision from there on.
    const std::vector<PrecisionPoint> points = curve();
    double area = 0, best = 0;
    for (std::size_t i = points.size(); i-- > 0;) {
        best = std::max(best, points[i].precision);
        if (m_counted[i].matched)
            area += best;
    }
    return area / static_cast<double>(truths());
}

void Matches::requireDrawn(std::span<const std::int32_t> times) const
{
    if (times.size() != m_truthsOf.size())
        throw Error(std::to_string(times.size()) + " images are drawn anew of " + std::to_string(m_images));
}

std::vector<PrecisionPoint> Matches::curve() const
{
    std::vector<PrecisionPoint> points;
    if (m_outcomes.empty())
        return points;
    DetectionCounts counts{.truths = truths()};
    for (const Counted& found : m_counted) {
        ++(found.matched ? counts.matched : counts.falseAlarms);
        points.push_back({found.score, counts.recall(), counts.precision()});
    }
    return points;
}

DetectionCounts Matches::at(double score) const
{
    DetectionCounts counts{.truths = truths()};
    for (const Counted& found : m_counted) {
        if (found.score < score)
            break;
        ++(found.matched ? counts.matched : counts.falseAlarms);
    }
    return counts;
}

} // namespace assay::metrics
