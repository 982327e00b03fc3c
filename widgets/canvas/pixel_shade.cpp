#include "widgets/canvas/pixel_shade.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

float meanOf(const PixelShade::Sample& s)
{
    return (s[0] + s[1] + s[2]) / 3;
}

PixelShade::Sample lookedUp(const ColourTable& table, float t, float alpha)
{
    if (std::isnan(t))
        return {0, 0, 0, 0};
    const float place = std::clamp(t, 0.0F, 1.0F) * 255;
    const int low = std::min(254, static_cast<int>(place));
    const float f = place - static_cast<float>(low);
    const auto mixed = [&](int (*channel)(QRgb)) {
        return (static_cast<float>(channel(table[low])) * (1 - f) +
                static_cast<float>(channel(table[low + 1])) * f) /
               255;
    };
    return {mixed(qRed), mixed(qGreen), mixed(qBlue), alpha};
}

} // namespace

ColourTable colourTable(ColourMap map, bool onDark)
{
    ColourTable table;
    for (int i = 0; i < 256; ++i)
        table[i] = mapColour(map, onDark, i / 255.0).rgb();
    return table;
}

PixelShade::PixelShade(const CompareSettings& compare, const CanvasLook& look, bool difference)
    : gain(static_cast<float>(compare.gain))
{
    if (difference && compare.signedDifference) {
        kind = Kind::SignedDifference;
        map = ColourMap::Diverging;
    } else if (difference) {
        kind = look.falseColour == FalseColour::Off ? Kind::Difference : Kind::MappedDifference;
    } else if (look.falseColour != FalseColour::Off) {
        kind = Kind::Mapped;
        map = look.falseColour == FalseColour::Diverging ? ColourMap::Diverging : ColourMap::Sequential;
    }
}

PixelShade::Sample PixelShade::colour(const Sample& value, const Sample& other,
                                      const ColourTable& table) const
{
    const Sample d{(value[0] - other[0]) * gain, (value[1] - other[1]) * gain, (value[2] - other[2]) * gain,
                   1};
    const Sample amount{std::abs(d[0]), std::abs(d[1]), std::abs(d[2]), 1};
    switch (kind) {
    case Kind::Plain:
        return {std::clamp(value[0], 0.0F, 1.0F), std::clamp(value[1], 0.0F, 1.0F),
                std::clamp(value[2], 0.0F, 1.0F), value[3]};
    case Kind::Mapped:
        return lookedUp(table, meanOf(value), value[3]);
    case Kind::Difference:
        return {std::min(amount[0], 1.0F), std::min(amount[1], 1.0F), std::min(amount[2], 1.0F), 1};
    case Kind::SignedDifference:
        return lookedUp(table, 0.5F + 0.5F * meanOf(d), 1);
    case Kind::MappedDifference:
        return lookedUp(table, meanOf(amount), 1);
    }
    return {};
}

PixelShade::Sample sampleOf(const CanvasImage& image, const PixelBuffer& pixels, int x, int y)
{
    const auto scaled = [&](int channel) {
        const auto low = static_cast<float>(image.low());
        return (pixels.value(x, y, channel) - low) / (static_cast<float>(image.high()) - low);
    };
    if (pixels.channels() == 1) {
        const float grey = scaled(0);
        return {grey, grey, grey, 1};
    }
    return {scaled(0), scaled(1), scaled(2), pixels.channels() == 4 ? pixels.value(x, y, 3) : 1};
}

} // namespace assay::widgets
