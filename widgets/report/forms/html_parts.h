#pragma once

#include "widgets/figures/figure_export.h"
#include "widgets/report/report_content.h"

#include <QByteArray>
#include <QString>

namespace assay::widgets {

// The parts of the HTML report. Everything that comes from runs and notes is escaped.

/// @p figures: what they are drawn with, but for their size.
QString figureHtml(const ContentItem& item, ExportOptions figures, double textMm);
QString tableHtml(const ContentItem& item);
QString galleryHtml(const ContentItem& item);
QString problemHtml(const ContentItem& item);
/// The runs behind the report: how its numbers are made again.
QString appendixHtml(const ReportContent& content);

/// "data:TYPE;base64,..."
QString dataUri(const QByteArray& type, const QByteArray& bytes);

} // namespace assay::widgets
