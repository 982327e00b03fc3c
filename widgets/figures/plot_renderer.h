#pragma once

#include "widgets/figures/figure_export.h"

#include <QByteArray>
#include <QImage>

namespace assay::widgets {

/// One unit of a figure drawn for a file is a hundredth of a millimetre: sizes are exact in every format.
inline constexpr int kUnitsPerMm = 100;
inline constexpr double kUnitsPerInch = 25.4 * kUnitsPerMm;

/// Draws @p figure in the print theme. GUI thread, needs a QGuiApplication.
QByteArray renderPdf(const protocol::Figure& figure, const ExportOptions& options);
QByteArray renderSvg(const protocol::Figure& figure, const ExportOptions& options);
/// round(mm / 25.4 * dpi) pixels a side, with the resolution set.
QImage renderImage(const protocol::Figure& figure, const ExportOptions& options);
QByteArray renderPng(const protocol::Figure& figure, const ExportOptions& options);

} // namespace assay::widgets
