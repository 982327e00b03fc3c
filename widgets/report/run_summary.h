#pragma once

#include "backend/protocol/table.h"
#include "widgets/report/report.h"

#include <QString>

#include <memory>

namespace assay::widgets {

class RunRecord;

/// The run's title as its user gave it, or its study's id.
QString runTitle(const RunRecord& run);
/// One line of Markdown: study, run, seed, state.
QString summaryLine(const RunRecord& run);
/// What a summary says in words: Markdown.
QString summaryText(const RunRecord& run);
/// The run's metrics with intervals and counts.
std::shared_ptr<const protocol::Table> metricTable(const RunRecord& run);
/// Says that the run behind @p source is gone, and how its numbers are made again.
QString missingRun(const RunSource& source);

} // namespace assay::widgets
