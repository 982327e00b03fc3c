#include "widgets/figures/plot_style.h"

#include <QFontMetricsF>

#include <cmath>

namespace assay::widgets {

PlotStyle PlotStyle::screen(const Theme& theme)
{
    PlotStyle style;
    style.theme = theme;
    style.font = theme.font();
    style.font.setPointSizeF(style.font.pointSizeF() * 0.92);
    return style;
}

PlotStyle PlotStyle::file(double fontPt, double unitsPerInch, bool showTitle)
{
    PlotStyle style;
    style.theme = Theme::print();
    style.font = style.theme.font();
    // Pixel sizes are not rescaled by the device's own idea of its resolution.
    style.font.setPixelSize(qMax(1, qRound(fontPt * unitsPerInch / 72.0)));
    style.font.setHintingPreference(QFont::PreferNoHinting);
    // Fonts draw some pairs as glyphs of their own, which no reader of the file could find or copy as text.
    style.font.setStyleStrategy(QFont::PreferNoShaping);
    style.showTitle = showTitle;
    style.print = true;
    return style;
}

double PlotStyle::px(double length) const
{
    return length * QFontMetricsF(font).height() / 15.0;
}

QColor PlotStyle::mapped(const QString& map, double t) const
{
    return theme.mapped(greySafe ? QStringLiteral("sequential") : map, t);
}

QFont PlotStyle::scaled(double factor, QFont::Weight weight) const
{
    QFont result = font;
    if (font.pixelSize() > 0)
        result.setPixelSize(qMax(1, qRound(font.pixelSize() * factor)));
    else
        result.setPointSizeF(font.pointSizeF() * factor);
    result.setWeight(weight);
    return result;
}

QString numberText(double value)
{
    if (!std::isfinite(value))
        return std::isnan(value) ? QStringLiteral("–")
               : value > 0       ? QStringLiteral("∞")
                                 : QStringLiteral("−∞");
    const double size = std::abs(value);
    QString text;
    if (size >= 1000 && size < 1e9 && std::abs(value - std::round(value)) < 1e-6) {
        text = QString::number(std::llround(size));
        for (qsizetype at = text.size() - 3; at > 0; at -= 3)
            text.insert(at, QChar(0x2009));
    } else {
        text = QString::number(size, 'g', 4);
    }
    return value < 0 ? QChar(0x2212) + text : text;
}

QString axisText(const std::string& label, const std::string& unit)
{
    const QString name = QString::fromStdString(label);
    const QString of = QString::fromStdString(unit);
    if (name.isEmpty() || of.isEmpty())
        return name + of;
    return QStringLiteral("%1 (%2)").arg(name, of);
}

} // namespace assay::widgets
