#pragma once

#include "backend/protocol/run_spec.h"
#include "widgets/report/report.h"
#include "widgets/studies/evidence.h"

#include <QObject>
#include <QString>
#include <QThreadPool>

namespace assay::workbench {

/// Finds out what a dropped or opened file is: an exported figure with its evidence, a run's specification,
/// a report, or something that only the engine can tell. Files are read on a thread of its own; signals
/// arrive on the GUI thread.
class FileIntake : public QObject
{
    Q_OBJECT
public:
    explicit FileIntake(QObject* parent = nullptr);
    ~FileIntake() override;

    void take(const QString& path);
    /// For file dialogs.
    static QString nameFilter();

Q_SIGNALS:
    void figureRead(const assay::widgets::Claim& claim, const QString& path);
    void reportRead(const assay::widgets::Report& report, const QString& path);
    void specRead(const assay::protocol::RunSpec& spec, const QString& path);
    /// It is none of them: something to be imported. @p hint says in a sentence what it looked like and is
    /// not, or is empty.
    void foreign(const QString& path, const QString& hint);
    /// It is one of them and cannot be read: one sentence.
    void refused(const QString& sentence);

private:
    QThreadPool m_reader;
};

} // namespace assay::workbench
