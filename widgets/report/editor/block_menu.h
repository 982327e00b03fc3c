#pragma once

#include "widgets/report/report.h"
#include "widgets/theme/theme.h"

#include <QStringList>

#include <functional>

class QMenu;

namespace assay::widgets {

class ReportActions;

/// What a block's menu depends on besides the block.
struct BlockMenuContext
{
    Theme theme = Theme::light();
    QString preset;      ///< of the report: its widths are offered
    QString figureAbove; ///< id of the figure before it, of which it can become a panel; empty: none
    QStringList runs;    ///< that are shown
    std::function<void()> edit;
    std::function<void(const QString& run)> openRun;
};

/// Fills @p menu with what can be done with @p block.
void fillBlockMenu(QMenu& menu, ReportActions& actions, const ReportBlock& block,
                   const BlockMenuContext& context);

} // namespace assay::widgets
