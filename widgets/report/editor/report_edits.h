#pragma once

#include "widgets/report/report_runs.h"

namespace assay::widgets {

// Each gives the report after one edit. A report that comes back equal means that there was nothing to do.

/// With @p blocks before the block at @p at (at the end when there are no more); those without an id of their
/// own get one, which is written back.
Report withBlocks(Report report, QVector<ReportBlock>& blocks, qsizetype at);
Report withoutBlock(Report report, const QString& id);
/// With the block at the place before the one that is now at @p before.
Report withMoved(Report report, const QString& id, qsizetype before);
/// With a copy behind the block, whose id is @p copy.
Report withCopy(Report report, const QString& id, QString& copy);
/// With @p block in the place of the one of its id.
Report withBlock(Report report, const ReportBlock& block);

/// Whether the two figures can become one of several panels.
bool canCompose(const Report& report, const QString& id, const QString& onto);
/// The panels of @p id behind those of @p onto, whose caption stays.
Report withComposed(Report report, const QString& id, const QString& onto);
/// Each panel a figure of its own.
Report withPanelsApart(Report report, const QString& id);
/// One panel as a figure of its own behind the others.
Report withPanelOut(Report report, const QString& id, int panel);
Report withPanelMoved(Report report, const QString& id, int from, int to);

/// Keeps the runs that are shown now, or lets newer ones take their place.
Report withPinned(Report report, const QString& id, bool pinned, const RunIndex& index);
/// Whether all runs of the block are pinned; false for notes.
bool isPinned(const ReportBlock& block);

/// "note", "figure", ...: for the texts of undo.
QString blockName(const ReportBlock& block);

} // namespace assay::widgets
