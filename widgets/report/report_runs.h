#pragma once

#include "widgets/report/report.h"

#include <QDateTime>
#include <QHash>
#include <QString>
#include <QVector>

#include <memory>

namespace assay::widgets {

class RunRecord;
struct RunComparison;

/// One run of a workspace, as its folder says.
struct IndexedRun
{
    QString id;
    QString key;        ///< equal for runs of the same spec: specKey()
    double started = 0; ///< seconds since the epoch
    bool finished = false;
};

/// What two runs must share for one to be a newer one of the other: study, parameters, seed and device; not
/// the title. @p spec as protocol::toJson gives it. Empty when it is no spec.
QString specKey(const Json& spec);

/// The runs of a workspace by their spec. A value: read it anew to see new runs.
class RunIndex
{
public:
    RunIndex() = default;
    explicit RunIndex(QVector<IndexedRun> runs);
    /// Reads spec.json and summary.json of each run folder; folders that cannot be read are left out. Any
    /// thread.
    static RunIndex ofWorkspace(const QString& workspace);

    bool contains(const QString& run) const { return m_byId.contains(run); }
    /// The run that stands for @p source: itself when pinned, else the newest finished run of the same spec,
    /// itself when there is none. Empty when it has been deleted and none takes its place.
    QString resolve(const RunSource& source) const;
    const QVector<IndexedRun>& runs() const { return m_runs; }

private:
    QVector<IndexedRun> m_runs; ///< oldest first
    QHash<QString, qsizetype> m_byId;
};

/// Where the content of runs comes from: the window's engine, or the run folders.
class RunProvider
{
public:
    virtual ~RunProvider() = default;
    virtual const RunIndex& index() const = 0;
    /// The run with all that it emitted, galleries with their pixels. @throws Error naming the run when it is
    /// missing or damaged. What could be read of a torn run is given, with @p notice saying so.
    virtual std::shared_ptr<RunRecord> run(const QString& id, QString& notice) = 0;
    /// Whether figures get their evidence, which hashes all their numbers: only files need it.
    virtual bool givesEvidence() const { return true; }

    /// compareRuns(), made once for runs that have ended: a report is looked up after each pause in writing.
    std::shared_ptr<const RunComparison> comparison(const QVector<std::shared_ptr<RunRecord>>& runs,
                                                    const QStringList& names);
    /// Lets go of the comparisons that have not been asked for since the last call.
    void releaseComparisons();

private:
    struct Compared
    {
        QVector<std::shared_ptr<RunRecord>> runs;
        QStringList names;
        std::shared_ptr<const RunComparison> result;
        bool asked = true;
    };
    QVector<Compared> m_compared;
};

/// Reads the runs of a workspace on this machine, each once.
class FolderRuns : public RunProvider
{
public:
    explicit FolderRuns(const QString& workspace);
    /// A run whose folder lies elsewhere.
    void add(const QString& folder);
    const RunIndex& index() const override { return m_index; }
    std::shared_ptr<RunRecord> run(const QString& id, QString& notice) override;

private:
    QString folder(const QString& id) const;
    struct Read
    {
        std::shared_ptr<RunRecord> record;
        QString notice;
    };
    QString m_workspace;
    QHash<QString, QString> m_elsewhere; ///< folders by run
    RunIndex m_index;
    QHash<QString, Read> m_read;
};

/// The source of a run as it is now, following newer ones.
RunSource sourceOf(const RunRecord& run);

} // namespace assay::widgets
