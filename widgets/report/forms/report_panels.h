#pragma once

#include "widgets/figures/figure_export.h"
#include "widgets/report/report_content.h"

namespace assay::widgets {

inline constexpr double kPanelGapMm = 4;
/// Share of its height a figure may lose before a page is left with a gap.
inline constexpr double kFigureShrink = 0.22;

/// Panels beside each other.
struct PanelRow
{
    int first = 0; ///< of ContentItem::panels
    int count = 0;
    double panelWidthMm = 0;
    double heightMm = 0;
};

/// How the panels of a figure stand on paper.
struct PanelGrid
{
    double widthMm = 0; ///< of the whole figure
    QVector<PanelRow> rows;
};

/// Panels get the same width and each row the height its widest-in-shape panel asks for by its aspect. A
/// single panel is no higher than @p mostMm: it becomes narrower instead, unless the author chose its width.
/// Rows that together are higher than @p allMm become lower, to two thirds of their height at the most.
PanelGrid panelGrid(const ContentItem& item, double textWidthMm, double mostMm, double allMm);

/// What the figures of a report for print are drawn with, but for their size.
ExportOptions printOptions(const ReportContent& content);

} // namespace assay::widgets
