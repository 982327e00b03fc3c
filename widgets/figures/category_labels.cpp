#include "widgets/figures/category_labels.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

double widestOf(const QStringList& texts, const QFontMetricsF& metrics)
{
    double widest = 0;
    for (const QString& text : texts)
        for (const QString& line : text.split('\n'))
            widest = std::max(widest, metrics.horizontalAdvance(line));
    return widest;
}

/// Breaks at the space or hyphen nearest to the middle; unchanged without one.
QString onTwoLines(const QString& text)
{
    qsizetype best = -1;
    for (qsizetype i = 1; i + 1 < text.size(); ++i)
        if ((text[i] == ' ' || text[i] == '-' || text[i] == '/') &&
            (best < 0 || std::abs(2 * i - text.size()) < std::abs(2 * best - text.size())))
            best = i;
    if (best < 0)
        return text;
    const bool space = text[best] == ' ';
    return text.left(space ? best : best + 1) + '\n' + text.mid(best + 1);
}

/// Names that begin alike differ at their end: that end must stay.
Qt::TextElideMode elideFor(const QStringList& names)
{
    QString common = names.value(0);
    for (const QString& name : names)
        while (!name.startsWith(common))
            common.chop(1);
    return names.size() > 1 && common.size() > 3 ? Qt::ElideLeft : Qt::ElideRight;
}

} // namespace

QStringList shortened(const QStringList& names, const QFontMetricsF& metrics, double longest)
{
    const Qt::TextElideMode mode = elideFor(names);
    QStringList result;
    for (const QString& name : names)
        result << metrics.elidedText(name, mode, longest);
    return result;
}

CategoryLabels fitCategories(const QStringList& names, const QFontMetricsF& metrics, double spacing,
                             double longest)
{
    const double room = spacing - metrics.averageCharWidth();
    if (widestOf(names, metrics) <= room)
        return {names, 0};
    QStringList broken;
    for (const QString& name : names)
        broken << onTwoLines(name);
    if (widestOf(broken, metrics) <= room)
        return {broken, 0};
    CategoryLabels result;
    result.rotation = -38;
    // A slanted line of text takes its height divided by the sine of the slant.
    const double needed = metrics.height() * 0.95 / std::sin(38 * 3.14159265 / 180);
    const int every = std::max(1, static_cast<int>(std::ceil(needed / std::max(1.0, spacing))));
    const QStringList fitting = shortened(names, metrics, longest);
    for (int i = 0; i < names.size(); ++i)
        result.texts << (i % every == 0 ? fitting[i] : QString());
    return result;
}

QString fittedLabel(const QString& text, const QFontMetricsF& metrics, double length)
{
    if (length <= 0 || metrics.horizontalAdvance(text) <= length)
        return text;
    QStringList lines = onTwoLines(text).split('\n');
    for (QString& line : lines)
        line = metrics.elidedText(line, Qt::ElideRight, length);
    return lines.join('\n');
}

} // namespace assay::widgets
