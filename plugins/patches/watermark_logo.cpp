#include "plugins/patches/watermark_logo.h"

#include "backend/engine/files.h"
#include "backend/imaging/image_codec.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace assay::medlocker {

namespace {

constexpr int kDrawnSide = 512; ///< of the built-in logo, before it is scaled
constexpr int kLevels = 255;
constexpr std::uint64_t kMostLogoBytes = 64 << 20;
// The built-in logo in fractions of its side.
constexpr double kOuterRadius = 0.49;
constexpr double kInnerRadius = 0.34;
constexpr double kHalfBar = 0.09;

struct NamedColour
{
    const char* name;
    std::array<float, 3> rgb;
};
constexpr std::array<NamedColour, 4> kColours = {
    {{"white", {255, 255, 255}}, {"black", {0, 0, 0}}, {"red", {200, 20, 30}}, {"blue", {20, 60, 190}}}};

/// Scales float32 [4,S,S], plane by plane, since images have no fourth channel.
torch::Tensor scaledTo(const torch::Tensor& pixels, int side)
{
    std::vector<torch::Tensor> planes;
    for (std::int64_t c = 0; c < pixels.size(0); ++c)
        planes.push_back(imaging::resize(pixels.narrow(0, c, 1).contiguous(), side, side));
    return torch::cat(planes);
}

std::uint8_t asLevel(float value)
{
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, static_cast<long>(kLevels)));
}

} // namespace

double Logo::opacity(std::size_t p, int alpha) const
{
    const int c = cover[p];
    return byGrey ? std::min(c, alpha) / static_cast<double>(kLevels)
                  : c * alpha / static_cast<double>(kLevels * kLevels);
}

LogoSource::LogoSource(torch::Tensor pixels, bool byGrey)
    : m_pixels(std::move(pixels))
    , m_byGrey(byGrey)
{}

std::vector<std::string> LogoSource::colours()
{
    std::vector<std::string> names;
    for (const NamedColour& c : kColours)
        names.emplace_back(c.name);
    return names;
}

LogoSource LogoSource::ringAndBar(const std::string& colour)
{
    const auto found = std::ranges::find_if(kColours, [&](const NamedColour& c) { return colour == c.name; });
    if (found == kColours.end())
        throw Error("'" + colour + "' is no colour of the built-in logo", "logo_colour",
                    protocol::suggestion(colour, colours()));
    torch::Tensor pixels = torch::zeros({4, kDrawnSide, kDrawnSide});
    const std::int64_t plane = std::int64_t(kDrawnSide) * kDrawnSide;
    float* out = pixels.data_ptr<float>();
    for (int row = 0; row < kDrawnSide; ++row) {
        for (int column = 0; column < kDrawnSide; ++column) {
            const double y = (row + 0.5) / kDrawnSide - 0.5, x = (column + 0.5) / kDrawnSide - 0.5;
            const double r = std::hypot(x, y);
            const bool inside =
                (r <= kOuterRadius && r >= kInnerRadius) || (std::abs(y) <= kHalfBar && r <= kOuterRadius);
            if (!inside)
                continue;
            float* at = out + std::int64_t(row) * kDrawnSide + column;
            for (int c = 0; c < 3; ++c)
                at[c * plane] = found->rgb[static_cast<std::size_t>(c)];
            at[3 * plane] = kLevels;
        }
    }
    return {pixels, false};
}

LogoSource LogoSource::fromFile(const std::string& file)
{
    const std::string bytes = engine::readFile(file, kMostLogoBytes);
    const std::span<const std::uint8_t> view(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                             bytes.size());
    const torch::Tensor raw = imaging::decodeImage(view, imaging::DecodeOptions{.channels = 0}, file);
    const torch::Tensor rgba =
        imaging::decodeImage(view, imaging::DecodeOptions{.channels = 4}, file).to(torch::kFloat32);
    // Grey with alpha, and RGB with alpha; a palette may carry one too, which then is in the decoded four.
    const bool hasAlpha = raw.size(0) == 2 || raw.size(0) == 4 || rgba[3].min().item<float>() < kLevels;
    torch::Tensor cover = rgba[3];
    if (!hasAlpha)
        cover = 0.299F * rgba[0] + 0.587F * rgba[1] + 0.114F * rgba[2];
    // Opacity by grey is a property of the logo's own levels: its colours are not premultiplied with it.
    const torch::Tensor weight = hasAlpha ? cover / kLevels : torch::ones_like(cover);
    const std::int64_t height = rgba.size(1), width = rgba.size(2), side = std::max(height, width);
    torch::Tensor square = torch::zeros({4, side, side});
    torch::Tensor target = square.narrow(1, (side - height) / 2, height).narrow(2, (side - width) / 2, width);
    target.narrow(0, 0, 3).copy_(rgba.narrow(0, 0, 3) * weight);
    target[3].copy_(cover);
    if (square[3].max().item<float>() < 1)
        throw Error(hasAlpha ? "the logo is transparent everywhere" : "the logo is black everywhere", file,
                    hasAlpha ? "Give a picture with opaque parts."
                             : "Give a picture with an alpha channel; without one, black is transparent.");
    return {square, !hasAlpha};
}

Logo LogoSource::at(int side) const
{
    if (side < kLeastSide)
        throw Error("a logo of " + std::to_string(side) + " pixels is too small; " +
                        std::to_string(kLeastSide) + " are the least",
                    "logo_size", "Give a larger fraction of the image.");
    const torch::Tensor scaled = scaledTo(m_pixels, side).contiguous();
    Logo logo{.side = side, .byGrey = m_byGrey};
    logo.colour.resize(logo.pixels() * 3);
    logo.cover.resize(logo.pixels());
    const float* in = scaled.data_ptr<float>();
    for (std::size_t p = 0; p < logo.pixels(); ++p) {
        const float cover = in[3 * logo.pixels() + p];
        logo.cover[p] = asLevel(cover);
        const float weight = m_byGrey ? 1 : std::max(cover, 1e-3F) / kLevels;
        for (std::size_t c = 0; c < 3; ++c)
            logo.colour[p * 3 + c] = asLevel(in[c * logo.pixels() + p] / weight);
    }
    return logo;
}

std::string logoHash(const Logo& logo)
{
    std::string bytes = std::to_string(logo.side) + (logo.byGrey ? " by grey " : " by alpha ");
    bytes.append(logo.colour.begin(), logo.colour.end());
    bytes.append(logo.cover.begin(), logo.cover.end());
    return engine::sha256(bytes);
}

} // namespace assay::medlocker
