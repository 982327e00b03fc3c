#pragma once

#include "widgets/theme/theme.h"

#include <QFont>

namespace assay::widgets {

/// What a drawing of a figure needs besides the figure. All lengths follow the font: px(1) is one pixel of a
/// 96 dpi screen at the usual text size and grows with it, so that a file at 2540 units per inch has the same
/// proportions as the window.
struct PlotStyle
{
    Theme theme = Theme::light();
    QFont font;
    bool showTitle = true;
    bool print = false; ///< no pixel snapping, no transparency tricks that printers dislike
    /// Told apart without colour: every series has a dash, marker and hatch of its own, and colour scales
    /// grow darker all the way.
    bool greySafe = false;

    /// The style of the window: the theme's own font.
    static PlotStyle screen(const Theme& theme);
    /// The style of files: @p fontPt in device units of which there are @p unitsPerInch.
    static PlotStyle file(double fontPt, double unitsPerInch, bool showTitle);

    double px(double length) const;
    /// Theme::mapped(), or its sequential map where a diverging one would be grey at both ends.
    QColor mapped(const QString& map, double t) const;
    /// Room left and right of everything: none to speak of in files and where a card already gives it.
    double side() const { return px(print ? 4 : showTitle ? 14 : 2); }
    /// The font @p factor times as large, with @p weight.
    QFont scaled(double factor, QFont::Weight weight = QFont::Normal) const;
};

/// Four significant digits, thousands apart by a thin space, a real minus: for reading, not for parsing.
QString numberText(double value);
/// "label (unit)", or what there is of it.
QString axisText(const std::string& label, const std::string& unit);

} // namespace assay::widgets
