#pragma once

#include "widgets/engine/engine_client.h"
#include "widgets/jobs/job_entry.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace assay::widgets {

/// The jobs of this session: those that run or wait, in the engine's order, then those that ended, the
/// latest first. Follows the engine client, which must outlive it.
class JobsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { TitleColumn, StateColumn, ProgressColumn, ColumnCount };
    enum Role {
        RunRole = Qt::UserRole + 1,
        StudyRole,
        StateRole,    ///< protocol::name() of the state
        FractionRole, ///< double in [0,1], negative when unknown
        DetailRole,   ///< stage, percent, rate and time left, or the error
        FinalRole,    ///< bool
        SortRole,     ///< position in the list
    };

    explicit JobsModel(EngineClient& client, QObject* parent = nullptr);
    ~JobsModel() override;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Jobs that run or wait.
    int activeCount() const;
    /// The job that runs now, else null.
    const JobEntry* current() const;
    /// Forgets jobs that ended; their runs stay in the workspace.
    void clearEnded();

Q_SIGNALS:
    /// Something of any job changed, rows included.
    void changed();

private:
    struct Row
    {
        JobEntry entry;
        std::shared_ptr<RunRecord> record; ///< while the job is not final; lets go of its images then
    };
    void syncJobs();
    void takeJob(const Json& job, int position);
    int rowOf(const QString& run) const;
    void watch(const QString& run);
    void onProgress(const QString& run);
    void onState(const QString& run);
    void moveRow(int from, int to);
    void tell(int row);

    EngineClient& m_client;
    std::vector<Row> m_rows;
};

} // namespace assay::widgets
