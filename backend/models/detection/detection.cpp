#include "backend/models/detection/detection.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace assay::models {

double intersectionOverUnion(const Detection& a, const Detection& b)
{
    if (!(a.width > 0) || !(a.height > 0) || !(b.width > 0) || !(b.height > 0))
        return 0;
    const double width = std::min<double>(double(a.x) + a.width, double(b.x) + b.width) - std::max(a.x, b.x);
    const double height =
        std::min<double>(double(a.y) + a.height, double(b.y) + b.height) - std::max(a.y, b.y);
    if (!(width > 0) || !(height > 0))
        return 0;
    const double both = width * height;
    return both / (double(a.width) * a.height + double(b.width) * b.height - both);
}

Detections suppressed(Detections found, const DetectionRule& rule)
{
    std::erase_if(found, [&](const Detection& one) {
        return !(one.score >= rule.scoreAtLeast); // also what is not a number
    });
    std::ranges::stable_sort(found, std::greater(), &Detection::score);
    Detections kept;
    std::map<std::int32_t, std::vector<std::size_t>> ofCategory;
    for (const Detection& one : found) {
        if (kept.size() >= static_cast<std::size_t>(std::max(rule.most, 0)))
            break;
        std::vector<std::size_t>& rivals = ofCategory[one.category];
        const bool free = std::ranges::all_of(rivals, [&](std::size_t index) {
            return intersectionOverUnion(kept[index], one) <= rule.iouAtMost;
        });
        if (!free)
            continue;
        rivals.push_back(kept.size());
        kept.push_back(one);
    }
    return kept;
}

} // namespace assay::models
