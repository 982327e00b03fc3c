#pragma once

#include "widgets/report/report_runs.h"

#include <memory>

namespace assay::test {

/// Runs that are made rather than read: each has the figures "one" and "two", the table "pairs" of 80 rows
/// and the gallery "tiles" of 40 images.
class MadeRuns : public widgets::RunProvider
{
public:
    /// A run of the study "made.study" with that seed, finished. Runs of one seed are of one spec.
    widgets::RunSource add(const QString& id, int seed, double started);
    void remove(const QString& id);

    const widgets::RunIndex& index() const override { return m_index; }
    std::shared_ptr<widgets::RunRecord> run(const QString& id, QString& notice) override;

private:
    QVector<widgets::IndexedRun> m_indexed;
    widgets::RunIndex m_index;
    QHash<QString, std::shared_ptr<widgets::RunRecord>> m_runs;
};

} // namespace assay::test
