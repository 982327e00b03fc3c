#pragma once

#include "backend/protocol/json.h"
#include "widgets/engine/stall_meter.h"

#include <QDialog>

class QFormLayout;
class QLabel;
class QTimer;

namespace assay::widgets {
class EngineClient;
}

namespace assay::workbench {

/// About and diagnostics: versions, processes, memory, libraries of the engine, and how long the window has
/// ever kept the user waiting while this page was open.
class DiagnosticsDialog : public QDialog
{
    Q_OBJECT
public:
    DiagnosticsDialog(widgets::EngineClient& engine, const QString& workspace, QWidget* parent);

    /// Everything shown, one fact a line, as it is copied.
    QString text() const;

private:
    void addFact(const QString& name);
    void refresh();

    widgets::EngineClient& m_engine;
    QString m_workspace;
    QFormLayout* m_layout;
    QList<QPair<QString, QLabel*>> m_facts;
    QTimer* m_timer;
    widgets::StallMeter m_stalls;
};

/// Resident memory of a process of this machine in bytes; 0 when it cannot be read.
qint64 residentBytes(qint64 pid);

} // namespace assay::workbench
