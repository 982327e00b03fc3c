#include "widgets/figures/hatch.h"

#include <QPainter>
#include <QPen>
#include <QtMath>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace assay::widgets {

namespace {

constexpr double kMostHatchLines = 10000;

} // namespace

QVector<QLineF> hatchLines(const QPolygonF& shape, double degrees, double apart)
{
    QVector<QLineF> lines;
    if (shape.size() < 3 || !(apart > 0))
        return lines;
    // Along the lines and across them; y grows downwards.
    const double angle = qDegreesToRadians(degrees);
    const QPointF along(std::cos(angle), -std::sin(angle)), across(std::sin(angle), std::cos(angle));
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const QPointF& corner : shape) {
        const double at = QPointF::dotProduct(corner, across);
        low = std::min(low, at);
        high = std::max(high, at);
    }
    if (!std::isfinite(low) || !std::isfinite(high) || (high - low) / apart > kMostHatchLines)
        return lines;
    for (double at = std::ceil(low / apart) * apart; at <= high; at += apart) {
        std::vector<double> cuts;
        for (qsizetype i = 0; i < shape.size(); ++i) {
            const QPointF from = shape[i], to = shape[(i + 1) % shape.size()];
            const double a = QPointF::dotProduct(from, across), b = QPointF::dotProduct(to, across);
            // Half open: a corner on the line is counted once.
            if ((a <= at) == (b <= at))
                continue;
            cuts.push_back(QPointF::dotProduct(from + (to - from) * ((at - a) / (b - a)), along));
        }
        std::sort(cuts.begin(), cuts.end());
        for (std::size_t i = 0; i + 1 < cuts.size(); i += 2)
            lines.append({along * cuts[i] + across * at, along * cuts[i + 1] + across * at});
    }
    return lines;
}

void drawHatch(QPainter* painter, const QPolygonF& shape, int variant, const QPen& pen, double apart)
{
    struct Family
    {
        double degrees;
        double apart; ///< in units of the argument
    };
    static const std::array<std::vector<Family>, kVariants> kHatches{{
        {},
        {{45, 1}},
        {{135, 1}},
        {{45, 1}, {135, 1}},
        {{0, 1}},
        {{90, 1}},
        {{0, 1}, {90, 1}},
        {{45, 0.45}},
    }};
    painter->save();
    painter->setPen(pen);
    for (const Family& family : kHatches[static_cast<std::size_t>(std::abs(variant)) % kVariants])
        painter->drawLines(hatchLines(shape, family.degrees, apart * family.apart));
    painter->restore();
}

} // namespace assay::widgets
