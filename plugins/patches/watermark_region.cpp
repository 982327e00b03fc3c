#include "plugins/patches/watermark_region.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::medlocker {

IntegralImage::IntegralImage(const torch::Tensor& mask)
    : m_height(static_cast<int>(mask.size(0)))
    , m_width(static_cast<int>(mask.size(1)))
    , m_sums(static_cast<std::size_t>(m_height + 1) * static_cast<std::size_t>(m_width + 1), 0)
{
    const torch::Tensor flat = mask.contiguous();
    const std::uint8_t* in = flat.data_ptr<std::uint8_t>();
    const auto stride = static_cast<std::size_t>(m_width + 1);
    for (int row = 0; row < m_height; ++row) {
        std::int64_t line = 0;
        for (int column = 0; column < m_width; ++column) {
            line += *in++ > 0 ? 1 : 0;
            const std::size_t corner =
                static_cast<std::size_t>(row + 1) * stride + static_cast<std::size_t>(column + 1);
            m_sums[corner] = m_sums[corner - stride] + line;
        }
    }
}

std::int64_t IntegralImage::count(int u, int v, int w, int h) const
{
    return at(v + h, u + w) - at(v, u + w) - at(v + h, u) + at(v, u);
}

Region::Region(const IntegralImage& mask, int side, double overlap)
    : m_rows(std::max(0, mask.height() - side + 1))
    , m_columns(std::max(0, mask.width() - side + 1))
    , m_allowed(static_cast<std::size_t>(m_rows) * static_cast<std::size_t>(m_columns), 0)
{
    if (m_rows == 0 || m_columns == 0)
        return;
    const auto most = static_cast<std::int64_t>(std::floor(overlap * side * side));
    for (int v = 0; v < m_rows; ++v) {
        for (int u = 0; u < m_columns; ++u) {
            if (mask.count(u, v, side, side) > most)
                continue;
            m_allowed[static_cast<std::size_t>(v * m_columns + u)] = 1;
            m_places.push_back(v * m_columns + u);
        }
    }
}

Region Region::whole(int height, int width, int side)
{
    return {IntegralImage(torch::zeros({height, width}, torch::kUInt8)), side};
}

Placement Region::place(std::size_t i) const
{
    const std::int32_t at = m_places.at(i);
    return {.u = at % m_columns, .v = at / m_columns};
}

Placement Region::nearest(double u, double v) const
{
    const int nearU = static_cast<int>(std::lround(u)), nearV = static_cast<int>(std::lround(v));
    if (contains(nearU, nearV))
        return {.u = nearU, .v = nearV};
    double best = std::numeric_limits<double>::infinity();
    Placement found;
    for (const std::int32_t at : m_places) {
        const double du = at % m_columns - u, dv = at / m_columns - v;
        if (du * du + dv * dv < best) {
            best = du * du + dv * dv;
            found = {.u = at % m_columns, .v = at / m_columns};
        }
    }
    return found;
}

double Region::fraction() const
{
    return m_allowed.empty() ? 0
                             : static_cast<double>(m_places.size()) / static_cast<double>(m_allowed.size());
}

Protection protect(const torch::Tensor& map, double threshold, int side, double overlap, Fallback fallback)
{
    Protection p{.threshold = threshold, .side = side};
    if (map.max().item<float>() == map.min().item<float>()) {
        p.mask = torch::ones(map.sizes(), torch::kUInt8);
        p.mapIsFlat = true;
        return p;
    }
    const auto attempt = [&] {
        p.mask = map.gt(p.threshold).to(torch::kUInt8);
        p.region = Region(IntegralImage(p.mask), p.side, overlap);
        return p.feasible();
    };
    if (attempt() || fallback == Fallback::None)
        return p;
    while (p.threshold < kHighestThreshold) {
        p.threshold = std::min(p.threshold + kThresholdStep, kHighestThreshold);
        if (attempt())
            return p;
    }
    const int least = std::max(kLeastSide, side / 2);
    while (fallback == Fallback::ThresholdAndSize && p.side > least) {
        --p.side;
        if (attempt())
            return p;
    }
    return p;
}

} // namespace assay::medlocker
