#pragma once

#include "widgets/report/report_runs.h"

#include <QHash>
#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <QTimer>

#include <functional>

namespace assay::widgets {

class EngineClient;

/// The runs that the window's engine knows, for a report that is open. Runs are read when they are first
/// asked for: until a run has arrived it is an Error that says so, and changed() follows when it has. GUI
/// thread.
class EngineRuns : public QObject, public RunProvider
{
    Q_OBJECT
public:
    EngineRuns(EngineClient& engine, QString workspace, QObject* parent = nullptr);
    ~EngineRuns() override;

    /// False until the workspace has been looked at for the first time.
    bool isReady() const { return m_ready; }
    /// Looks at the workspace's runs again, on a thread of its own; changed() follows when that changes them.
    void lookAgain();
    /// Lets go of the runs that have not been asked for since the last call.
    void release();
    /// Runs of @p wanted that are not here yet and may still come; asks for them.
    QStringList missing(const QStringList& wanted);

    const RunIndex& index() const override { return m_index; }
    std::shared_ptr<RunRecord> run(const QString& id, QString& notice) override;
    bool givesEvidence() const override { return false; }

Q_SIGNALS:
    /// What the runs hold, or which there are: at most some times a second.
    void changed();

private:
    struct Held
    {
        std::shared_ptr<RunRecord> record;
        bool asked = true;
    };
    bool isLive(const QString& id) const;
    /// Why nothing can be shown of a record; empty when something can.
    QString problemOf(const RunRecord& record) const;
    Held& hold(const QString& id);
    void letGo(const std::function<bool(const Held&)>& unwanted);
    void note();
    void takeIndex(RunIndex index);
    void takeEngineState();

    EngineClient& m_engine;
    QString m_workspace;
    RunIndex m_index;
    bool m_ready = false;
    bool m_again = false; ///< the workspace changed while it was being looked at
    bool m_looking = false;
    QHash<QString, Held> m_held;
    QHash<QString, QString> m_notices; ///< what the engine said of a run when it had read it
    QTimer m_noted;
    QThreadPool m_reader;
};

} // namespace assay::widgets
