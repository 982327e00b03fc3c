#pragma once

#include <QFontMetricsF>
#include <QStringList>

namespace assay::widgets {

struct CategoryLabels
{
    QStringList texts;   ///< as drawn: whole, on two lines, or shortened
    double rotation = 0; ///< degrees, as QCPAxis::setTickLabelRotation takes them
};

/// Fits category names to their places along x: as they are when there is room, else broken at a space or
/// hyphen onto two lines, else slanted and shortened to @p longest. When even slanted names would touch, only
/// every n-th is kept and the others are empty. @p spacing and @p longest in the metrics' unit.
CategoryLabels fitCategories(const QStringList& names, const QFontMetricsF& metrics, double spacing,
                             double longest);

/// The label of an axis that is @p length long: whole where it fits, else on two lines, each shortened at its
/// end.
QString fittedLabel(const QString& text, const QFontMetricsF& metrics, double length);

/// Cuts names at @p longest: at their beginning when they begin alike, else at their end.
QStringList shortened(const QStringList& names, const QFontMetricsF& metrics, double longest);

} // namespace assay::widgets
