#pragma once

#include "widgets/figures/figure_export.h"
#include "widgets/theme/theme.h"

#include <QByteArray>
#include <QImage>
#include <QPointF>

class QCPPainter;

namespace assay::widgets {

/// One unit of a figure drawn for a file is a hundredth of a millimetre: sizes are exact in every format.
inline constexpr int kUnitsPerMm = 100;
inline constexpr double kUnitsPerInch = 25.4 * kUnitsPerMm;

enum class FigurePainting { Vector, Pixels };

/// Draws @p figure with its upper left corner at @p placeMm of what @p painter draws on,
/// which has @p unitsPerMm units to the millimetre. The painter is left as it was.
void paintFigure(QCPPainter& painter, const protocol::Figure& figure, const ExportOptions& options,
                 const QPointF& placeMm, double unitsPerMm, FigurePainting painting,
                 const Theme& theme = Theme::print());

/// Draws @p figure in the print theme. GUI thread, needs a QGuiApplication.
QByteArray renderPdf(const protocol::Figure& figure, const ExportOptions& options);
/// @param theme other than for print where the drawing is for a screen: a page that has a dark form.
QByteArray renderSvg(const protocol::Figure& figure, const ExportOptions& options,
                     const Theme& theme = Theme::print());
/// round(mm / 25.4 * dpi) pixels a side, with the resolution set.
QImage renderImage(const protocol::Figure& figure, const ExportOptions& options);
QByteArray renderPng(const protocol::Figure& figure, const ExportOptions& options);

} // namespace assay::widgets
