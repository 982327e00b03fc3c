#include "plugins/patches/watermark.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::medlocker {

namespace {

constexpr double kWhite = 255;

/// Level of the logo in a channel of an image.
double logoLevel(const Logo& logo, std::size_t p, int channel, int channels)
{
    const std::uint8_t* rgb = logo.colour.data() + p * 3;
    if (channels == 3)
        return rgb[channel];
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

void requireInside(const ImageShape& shape, const Logo& logo, const Placement& at)
{
    if (at.u < 0 || at.v < 0 || at.u + logo.side > shape.width || at.v + logo.side > shape.height)
        throw Error("a logo of " + std::to_string(logo.side) + " pixels at column " + std::to_string(at.u) +
                    " and row " + std::to_string(at.v) + " does not lie inside an image of " +
                    std::to_string(shape.width) + " x " + std::to_string(shape.height) + " pixels");
}

/// Calls change(place in the image, opacity, level of the logo) for every value in the logo's box.
template <class Change>
void forLogoValues(const ImageShape& shape, const Logo& logo, const Placement& at, const Change& change)
{
    for (int row = 0; row < logo.side; ++row) {
        for (int column = 0; column < logo.side; ++column) {
            const std::size_t p = static_cast<std::size_t>(row * logo.side + column);
            const double a = logo.opacity(p, at.alpha);
            if (a == 0)
                continue;
            const std::size_t pixel =
                static_cast<std::size_t>(at.v + row) * static_cast<std::size_t>(shape.width) +
                static_cast<std::size_t>(at.u + column);
            for (int c = 0; c < shape.channels; ++c)
                change(static_cast<std::size_t>(c) * shape.plane() + pixel, a,
                       logoLevel(logo, p, c, shape.channels));
        }
    }
}

torch::Tensor asBytes(const torch::Tensor& levels)
{
    return levels.round().clamp_(0, kWhite).to(torch::kUInt8);
}

} // namespace

ImageShape shapeOf(const torch::Tensor& images)
{
    return {.channels = static_cast<int>(images.size(-3)),
            .height = static_cast<int>(images.size(-2)),
            .width = static_cast<int>(images.size(-1))};
}

torch::Tensor blended(const torch::Tensor& image, const Logo& logo, const Placement& placement)
{
    const ImageShape shape = shapeOf(image);
    requireInside(shape, logo, placement);
    torch::Tensor result = image.to(torch::kFloat64).contiguous().clone();
    double* out = result.data_ptr<double>();
    forLogoValues(shape, logo, placement,
                  [out](std::size_t at, double a, double level) { out[at] = (1 - a) * out[at] + a * level; });
    return result;
}

torch::Tensor watermarked(const torch::Tensor& image, const Logo& logo, const Placement& placement)
{
    return asBytes(blended(image, logo, placement));
}

torch::Tensor unblended(const torch::Tensor& marked, const Logo& logo, const Placement& placement)
{
    const ImageShape shape = shapeOf(marked);
    requireInside(shape, logo, placement);
    torch::Tensor result = marked.to(torch::kFloat64).contiguous().clone();
    double* out = result.data_ptr<double>();
    forLogoValues(shape, logo, placement, [out](std::size_t at, double a, double level) {
        if (a < 1)
            out[at] = std::clamp((out[at] - a * level) / (1 - a), 0.0, kWhite);
    });
    return result;
}

torch::Tensor restored(const torch::Tensor& marked, const Logo& logo, const Placement& placement)
{
    return asBytes(unblended(marked, logo, placement));
}

void stampInto(float* out, const std::uint8_t* image, const ImageShape& shape, const Logo& logo,
               const Placement& placement)
{
    // Rounds half to even like tensors do, so that the search sees what is stored.
    forLogoValues(shape, logo, placement, [&](std::size_t at, double a, double level) {
        const double value = std::nearbyint((1 - a) * image[at] + a * level);
        out[at] = static_cast<float>(std::clamp(value, 0.0, kWhite)) / 255.0F;
    });
}

} // namespace assay::medlocker
