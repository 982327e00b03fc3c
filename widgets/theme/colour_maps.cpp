#include "widgets/theme/colour_maps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace assay::widgets {

namespace {

struct Lab
{
    double l, a, b;
};

double toLinear(double v)
{
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

double toGamma(double v)
{
    v = std::clamp(v, 0.0, 1.0);
    return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
}

Lab toLab(const QColor& colour)
{
    const double r = toLinear(colour.redF()), g = toLinear(colour.greenF()), b = toLinear(colour.blueF());
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

QColor toColour(const Lab& lab)
{
    const double lRoot = lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b;
    const double mRoot = lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b;
    const double sRoot = lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b;
    const double l = lRoot * lRoot * lRoot, m = mRoot * mRoot * mRoot, s = sRoot * sRoot * sRoot;
    return QColor::fromRgbF(
        static_cast<float>(toGamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)),
        static_cast<float>(toGamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)),
        static_cast<float>(toGamma(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)));
}

/// A point of a path: lightness, chroma and hue (degrees) in Oklab.
struct Stop
{
    double l, c, h;
};

// Lightness of the stops is evenly spaced in each map: that is what makes equal steps look equal.
constexpr std::array kSequentialLight{Stop{.970, .012, 130}, Stop{.825, .085, 160}, Stop{.680, .105, 195},
                                      Stop{.535, .105, 235}, Stop{.390, .125, 275}, Stop{.245, .110, 300}};
constexpr std::array kSequentialDark{Stop{.265, .020, 270}, Stop{.395, .110, 275}, Stop{.525, .110, 235},
                                     Stop{.655, .110, 190}, Stop{.785, .140, 150}, Stop{.915, .150, 110}};
constexpr std::array kDivergingLight{Stop{.420, .125, 250}, Stop{.690, .090, 243}, Stop{.960, .006, 240},
                                     Stop{.720, .120, 55}, Stop{.480, .125, 42}};
constexpr std::array kDivergingDark{Stop{.820, .100, 240}, Stop{.550, .110, 246}, Stop{.280, .010, 250},
                                    Stop{.560, .120, 45}, Stop{.840, .115, 65}};

Lab along(std::span<const Stop> stops, double t)
{
    const double position = t * static_cast<double>(stops.size() - 1);
    const std::size_t i = std::min(static_cast<std::size_t>(position), stops.size() - 2);
    const double f = position - static_cast<double>(i);
    const auto lab = [](const Stop& stop) {
        const double angle = stop.h * 3.14159265358979323846 / 180;
        return Lab{stop.l, stop.c * std::cos(angle), stop.c * std::sin(angle)};
    };
    const Lab from = lab(stops[i]), to = lab(stops[i + 1]);
    return {from.l + f * (to.l - from.l), from.a + f * (to.a - from.a), from.b + f * (to.b - from.b)};
}

std::span<const Stop> stopsOf(ColourMap map, bool onDark)
{
    if (map == ColourMap::Diverging)
        return onDark ? std::span<const Stop>(kDivergingDark) : std::span<const Stop>(kDivergingLight);
    return onDark ? std::span<const Stop>(kSequentialDark) : std::span<const Stop>(kSequentialLight);
}

} // namespace

QColor mapColour(ColourMap map, bool onDark, double t)
{
    if (std::isnan(t))
        return QColor(0, 0, 0, 0);
    return toColour(along(stopsOf(map, onDark), std::clamp(t, 0.0, 1.0)));
}

double oklabDistance(const QColor& first, const QColor& second)
{
    const Lab a = toLab(first), b = toLab(second);
    return std::sqrt((a.l - b.l) * (a.l - b.l) + (a.a - b.a) * (a.a - b.a) + (a.b - b.b) * (a.b - b.b));
}

double oklabLightness(const QColor& colour)
{
    return toLab(colour).l;
}

} // namespace assay::widgets
