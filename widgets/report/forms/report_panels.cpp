#include "widgets/report/forms/report_panels.h"

#include "widgets/figures/print_preset.h"

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr double kNarrowest = 20, kLowest = 15; ///< mm: what exportFigure draws

double aspectOf(const ContentPanel& panel)
{
    const double aspect = panel.figure ? panel.figure->aspect : 1.6;
    return aspect > 0.1 && aspect < 20 ? aspect : 1.6;
}

} // namespace

PanelGrid panelGrid(const ContentItem& item, double textWidthMm, double mostMm, double allMm)
{
    PanelGrid grid;
    const int count = int(item.panels.size());
    if (count == 0)
        return grid;
    grid.widthMm = item.widthMm > 0 ? std::clamp(item.widthMm, kNarrowest, textWidthMm) : textWidthMm;
    const int room = int((grid.widthMm + kPanelGapMm) / (kNarrowest + kPanelGapMm));
    const int columns = std::clamp(item.columns, 1, std::max(1, std::min(count, room)));
    double width = (grid.widthMm - (columns - 1) * kPanelGapMm) / columns;
    if (count == 1 && item.widthMm <= 0 && width / aspectOf(item.panels.first()) > mostMm) {
        width = mostMm * aspectOf(item.panels.first());
        grid.widthMm = width;
    }
    width = std::max(width, kNarrowest);
    double sum = 0;
    for (int first = 0; first < count; first += columns) {
        PanelRow row{first, std::min(columns, count - first), width, 0};
        for (int i = 0; i < row.count; ++i)
            row.heightMm = std::max(row.heightMm, width / aspectOf(item.panels[first + i]));
        row.heightMm = std::clamp(row.heightMm, kLowest, allMm);
        sum += row.heightMm;
        grid.rows << row;
    }
    if (sum > allMm) {
        for (PanelRow& row : grid.rows)
            row.heightMm = std::max(kLowest, row.heightMm * std::max(2.0 / 3, allMm / sum));
    }
    return grid;
}

ExportOptions printOptions(const ReportContent& content)
{
    return {.fontPt = printPreset(content.preset).fontPt, .showTitle = false, .greySafe = content.greySafe};
}

} // namespace assay::widgets
