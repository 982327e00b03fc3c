#pragma once

#include "backend/attacks/budget.h"
#include "backend/models/local_changes.h"

#include <cstdint>
#include <vector>

namespace assay::attacks {

/// Added to what is divided by.
inline constexpr double kNoMass = 1e-12;

/// A proposal of Square Attack in L2 or L1 for one image after the other, in loops over its pixels: windows
/// are small, and the operators of SquareMoves::proposeByOperators() take longer than to ask a small network.
/// All pixels are float32 [C,H,W].
class SquareImage
{
public:
    struct Shape
    {
        Norm norm;
        double eps;
        std::int64_t channels;
        std::int64_t height;
        std::int64_t width;
    };
    /// @param pattern squareBumps() of @p side; must outlive this.
    SquareImage(const Shape& shape, std::int64_t side, const float* pattern);

    std::int64_t numbers() const { return m_shape.channels * plane(); }
    /// @param spent mass of best - clean. @param uniform 5 + C numbers, see SquareMoves::propose().
    /// @param out equal to @p best. @returns where it no longer is: around the windows; the whole image where
    /// it has to be brought back into the ball, in L1 of several channels, which are given more than there
    /// is, and where rounding has to be made good.
    models::Region propose(const float* best, const float* clean, double spent, const float* uniform,
                           float* out);

private:
    struct Window
    {
        std::int64_t top;
        std::int64_t left;
    };

    std::int64_t plane() const { return m_shape.height * m_shape.width; }
    Window drawn(const float* uniform) const;
    /// @tparam kSquares whether mass is that of L2.
    template <bool kSquares>
    models::Region propose(const float* best, const float* clean, double spent, const float* uniform,
                           float* out);
    /// The least region with both windows.
    models::Region aroundWindows() const;
    /// Mass of best - clean in a window of one channel; of what @p without covers too, nothing.
    template <bool kSquares>
    double massIn(const Window& window, const Window* without, const float* best, const float* clean) const;
    /// What becomes of a channel's mass.
    struct Moved
    {
        double taken; ///< that the windows held
        double given; ///< that the filled one will hold
    };
    /// Writes what the filled window will hold to @p patch.
    template <bool kSquares>
    Moved fill(const float* best, const float* clean, double unspent, float sign, float* patch) const;
    /// Puts clean pixels into the emptied window and the patches, @p stretch times, into the other.
    /// @param clips to [0,1]: a projection needs to know how far outside it is.
    void place(const float* clean, float stretch, bool clips, float* out) const;

    Shape m_shape;
    std::int64_t m_side;
    const float* m_pattern;
    Window m_filled = {};
    Window m_emptied = {};
    bool m_lying = false;         ///< the pattern
    std::vector<float> m_patches; ///< [C][side][side]
};

} // namespace assay::attacks
