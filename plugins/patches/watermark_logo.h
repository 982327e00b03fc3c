#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::medlocker {

/// A square logo at one size, as it is laid on images.
struct Logo
{
    int side = 0;                     ///< pixels
    std::vector<std::uint8_t> colour; ///< side x side x 3, RGB
    /// side x side: the logo's own alpha channel, or, when byGrey, its grey level.
    std::vector<std::uint8_t> cover;
    bool byGrey = false;

    std::size_t pixels() const { return static_cast<std::size_t>(side) * static_cast<std::size_t>(side); }
    /// Opacity 0..1 of pixel @p p at transparency level @p alpha (0..255). With an alpha channel: cover times
    /// alpha. By grey, as published: min(grey, alpha), so that black parts of the logo are invisible.
    double opacity(std::size_t p, int alpha) const;
    bool operator==(const Logo&) const = default;
};

/// Smallest side of a logo: below it nothing can be recognised.
inline constexpr int kLeastSide = 3;

/// What logos of any size are made from. Immutable.
class LogoSource
{
public:
    /// A ring with a bar across it, in one colour, with an alpha channel.
    /// @param colour "white", "black", "red" or "blue". @throws Error for another.
    static LogoSource ringAndBar(const std::string& colour);
    static std::vector<std::string> colours();
    /// An image file. With an alpha channel that is the opacity; without one the opacity is the grey level.
    /// What is not square is centred on a transparent square.
    /// @throws Error when it is no image, or nothing of it would be seen.
    static LogoSource fromFile(const std::string& file);

    /// Scaled by area averaging of premultiplied colours. @throws Error below kLeastSide.
    Logo at(int side) const;

private:
    LogoSource(torch::Tensor pixels, bool byGrey);

    torch::Tensor m_pixels; ///< float32 [4,S,S], 0..255, premultiplied RGB and cover
    bool m_byGrey = false;
};

/// SHA-256 over size, rule and pixels, hex.
std::string logoHash(const Logo& logo);

} // namespace assay::medlocker
