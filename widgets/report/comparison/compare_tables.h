#pragma once

#include "widgets/report/comparison/compare_runs.h"

namespace assay::widgets {

/// The tables of compareRuns(), of at least two runs that exist; each adds its notices.
std::shared_ptr<const protocol::Table> compareParameters(const QVector<std::shared_ptr<RunRecord>>& runs,
                                                         const QStringList& names, QStringList& notices);
std::shared_ptr<const protocol::Table> compareMetrics(const QVector<std::shared_ptr<RunRecord>>& runs,
                                                      const QStringList& names, QStringList& notices);

/// "eps 0.1, steps 5" for each run, of the parameters (and study, and seed) in which they differ; empty when
/// there are none or more than @p most.
QStringList namesByDifference(const QVector<std::shared_ptr<RunRecord>>& runs, std::size_t most);

} // namespace assay::widgets
