#pragma once

#include "widgets/report/report_content.h"

#include <QString>

namespace assay::test {

/// What names may hold: everything that LaTeX takes for an order, Greek, signs, accents, an emoji, another
/// script.
QString hostileName();

/// Contents made by hand, for what is written on paper.
widgets::ContentItem paperText(const QString& markdown);
/// Figure @p number of @p panels panels; the x axis of panel k is labelled "axis-NUMBER-k".
widgets::ContentItem paperFigure(int number, int panels = 1);
/// A figure of one panel with every kind of layer that pgfplots draws.
widgets::ContentItem paperKinds(int number);
/// Table @p number with @p rows rows "row-NUMBER-0", ... under the heads "Headword", "value 1", ...
widgets::ContentItem paperTableItem(int number, int rows, int most, int valueColumns = 2);
widgets::ContentItem paperGallery(int number, int images, int most);
widgets::ContentItem paperProblem(const QString& sentence);
widgets::RunTrace paperTrace();
/// One of each, with hostile names everywhere.
widgets::ReportContent hostileContent();

/// Things with nothing in them, and one with far too much in one cell.
widgets::ReportContent emptyContent();

void noReportProgress(int done, int total, const QString& what);

} // namespace assay::test
