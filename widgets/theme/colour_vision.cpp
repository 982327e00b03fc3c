#include "widgets/theme/colour_vision.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::widgets {

namespace {

using VisionMatrix = std::array<float, 9>; ///< row by row

const VisionMatrix& matrixOf(ColourVision vision)
{
    static constexpr VisionMatrix kNormal{1, 0, 0, 0, 1, 0, 0, 0, 1};
    static constexpr VisionMatrix kDeutan{0.367322F, 0.860646F,  -0.227968F, 0.280085F, 0.672501F,
                                          0.047413F, -0.011820F, 0.042940F,  0.968881F};
    static constexpr VisionMatrix kProtan{0.152286F, 1.052583F,  -0.204868F, 0.114503F, 0.786281F,
                                          0.099216F, -0.003882F, -0.048116F, 1.051998F};
    static constexpr VisionMatrix kGrey{0.2126F, 0.7152F, 0.0722F, 0.2126F, 0.7152F,
                                        0.0722F, 0.2126F, 0.7152F, 0.0722F};
    switch (vision) {
    case ColourVision::Deutan:
        return kDeutan;
    case ColourVision::Protan:
        return kProtan;
    case ColourVision::Grey:
        return kGrey;
    case ColourVision::Normal:
        break;
    }
    return kNormal;
}

const std::array<float, 256>& linearOf()
{
    static const std::array<float, 256> table = [] {
        std::array<float, 256> t{};
        for (std::size_t i = 0; i < t.size(); ++i) {
            const double v = static_cast<double>(i) / 255;
            t[i] = static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
        }
        return t;
    }();
    return table;
}

int encodedValue(float linear)
{
    const double v = std::clamp<double>(linear, 0, 1);
    const double s = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    return static_cast<int>(std::lround(255 * s));
}

QRgb seen(QRgb colour, const VisionMatrix& m)
{
    const auto& linear = linearOf();
    const float r = linear[static_cast<std::size_t>(qRed(colour))];
    const float g = linear[static_cast<std::size_t>(qGreen(colour))];
    const float b = linear[static_cast<std::size_t>(qBlue(colour))];
    return qRgba(encodedValue(m[0] * r + m[1] * g + m[2] * b), encodedValue(m[3] * r + m[4] * g + m[5] * b),
                 encodedValue(m[6] * r + m[7] * g + m[8] * b), qAlpha(colour));
}

} // namespace

QImage simulated(const QImage& image, ColourVision vision)
{
    if (vision == ColourVision::Normal || image.isNull())
        return image;
    const VisionMatrix& matrix = matrixOf(vision);
    QImage result = image.convertToFormat(QImage::Format_ARGB32);
    for (int y = 0; y < result.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(result.scanLine(y));
        // Figures are mostly runs of one colour.
        QRgb last = 0, answer = seen(0, matrix);
        for (int x = 0; x < result.width(); ++x) {
            if (line[x] != last) {
                last = line[x];
                answer = seen(last, matrix);
            }
            line[x] = answer;
        }
    }
    return result;
}

QColor simulated(const QColor& colour, ColourVision vision)
{
    return vision == ColourVision::Normal ? colour : QColor::fromRgba(seen(colour.rgba(), matrixOf(vision)));
}

} // namespace assay::widgets
