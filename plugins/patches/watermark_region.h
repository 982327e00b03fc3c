#pragma once

#include "plugins/patches/watermark.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::medlocker {

/// Sums over any rectangle of a mask in constant time (a summed-area table).
class IntegralImage
{
public:
    /// @param mask uint8 [H,W] on the CPU; anything above 0 counts as 1.
    explicit IntegralImage(const torch::Tensor& mask);

    int height() const { return m_height; }
    int width() const { return m_width; }
    /// Marked pixels in columns u .. u + w - 1 and rows v .. v + h - 1, which must lie inside.
    std::int64_t count(int u, int v, int w, int h) const;

private:
    std::int64_t at(int row, int column) const
    {
        return m_sums[static_cast<std::size_t>(row) * static_cast<std::size_t>(m_width + 1) +
                      static_cast<std::size_t>(column)];
    }

    int m_height;
    int m_width;
    std::vector<std::int64_t> m_sums; ///< (H + 1) x (W + 1): marked pixels above and left of a corner
};

/// Omega: where the upper left corner of a logo may lie so that its box is inside the image and keeps off the
/// mask.
class Region
{
public:
    Region() = default;
    /// @param overlap fraction of the box's pixels that may be protected; 0: none.
    Region(const IntegralImage& mask, int side, double overlap = 0);
    /// Every place inside an image.
    static Region whole(int height, int width, int side);

    bool empty() const { return m_places.empty(); }
    std::size_t size() const { return m_places.size(); }
    bool contains(int u, int v) const
    {
        return u >= 0 && v >= 0 && u < m_columns && v < m_rows &&
               m_allowed[static_cast<std::size_t>(v * m_columns + u)] != 0;
    }
    /// Place @p i, row by row. Its alpha is 255.
    Placement place(std::size_t i) const;
    /// The allowed place nearest to a corner at (u, v), the first of equals; undefined when empty().
    Placement nearest(double u, double v) const;
    /// Allowed places as a fraction of those inside the image; 0 when the logo is larger than the image.
    double fraction() const;

private:
    int m_rows = 0; ///< places from top to bottom
    int m_columns = 0;
    std::vector<std::uint8_t> m_allowed; ///< rows x columns
    std::vector<std::int32_t> m_places;  ///< v * columns + u, ascending
};

/// What to do when a logo finds no place.
enum class Fallback { None, Threshold, ThresholdAndSize };

/// What is protected on one image, and where its logo may go.
struct Protection
{
    torch::Tensor mask;   ///< uint8 [H,W]: 1 where the map exceeds the threshold
    double threshold = 0; ///< the one used, of 0 .. 255
    int side = 0;         ///< the logo's, the one used
    Region region;
    bool mapIsFlat = false; ///< the map says nothing: nothing may be covered
    bool feasible() const { return !region.empty(); }
};

/// Thresholds are raised up to this, the highest that was published.
inline constexpr double kHighestThreshold = 190;
inline constexpr double kThresholdStep = 20;

/// Protects what in @p map (float32 [H,W], 0..255) is above @p threshold. Without room for the logo: raises
/// the threshold step by step up to kHighestThreshold, then shrinks the logo pixel by pixel to half its side,
/// as far as @p fallback allows; then infeasible. A map that is the same everywhere protects everything.
Protection protect(const torch::Tensor& map, double threshold, int side, double overlap, Fallback fallback);

} // namespace assay::medlocker
