#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/table.h"

#include <QStringList>
#include <QVector>

#include <memory>

namespace assay::widgets {

class RunRecord;

/// Two or more runs against each other.
struct RunComparison
{
    /// One row for each parameter, seed, device and version that is not the same in all runs, a column of
    /// texts for each run. Null when there is none: a notice says so.
    std::shared_ptr<const protocol::Table> parameters;
    /// One row for each metric: its value in each run, and, from the second run on, the difference from the
    /// first with an interval where both are rates. Rates stand in percent. Null when no run has metrics.
    std::shared_ptr<const protocol::Table> metrics;
    /// Figures that at least two runs have, drawn over each other: see figure_overlay.h.
    QVector<std::shared_ptr<const protocol::Figure>> overlays;
    QStringList notices; ///< what could not be compared and why, one sentence each
};

/// Compares @p runs as they are now; @p names are what they are called in tables and legends, one each,
/// different from each other. Runs that are null (missing, damaged) are left out and named in the notices;
/// of fewer than two others nothing but a notice comes. Pure; GUI thread, where records live.
///
/// Differences are later minus first. Their interval is Newcombe's (proportion_difference.h) of the counts
/// that the metrics carry; it takes the samples of two runs as independent. A metric whose value is not its
/// count over its denominator (a mean of rates, say) gets none, and one that is a rate of different things in
/// two runs gets no difference at all.
RunComparison compareRuns(const QVector<std::shared_ptr<RunRecord>>& runs, const QStringList& names);

/// Whether all of @p runs read the same data sets, by the hashes in their provenance: only then do the ids of
/// samples mean the same images. Null runs do not count; false when it is not known.
bool compareOneDataset(const QVector<std::shared_ptr<RunRecord>>& runs);

} // namespace assay::widgets
