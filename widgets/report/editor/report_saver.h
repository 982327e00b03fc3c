#pragma once

#include "widgets/report/report.h"

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <optional>

namespace assay::widgets {

/// Keeps the file of a report as the report is: a short while after each edit, on a thread of its own, whole
/// or not at all. What could not be written is tried again with the next edit and at the end.
class ReportSaver : public QObject
{
    Q_OBJECT
public:
    explicit ReportSaver(QString path, QObject* parent = nullptr);
    /// Writes what is not written yet.
    ~ReportSaver() override;

    void saveLater(const Report& report);
    /// Begins to write at once; settled() follows, also when there is nothing to write.
    void saveNow();
    /// Waits until everything is written. False: it is not, and problem() says why.
    bool flush();
    /// No more of it is to be written: the report has been deleted.
    void abandon();
    bool isSaved() const { return !m_unsaved; }
    const QString& problem() const { return m_problem; }

Q_SIGNALS:
    void settled();

private:
    void write();
    void take(int number, const QString& problem);

    QString m_path;
    std::optional<Report> m_unsaved; ///< newest, until it is in the file
    QString m_problem;
    int m_asked = 0;       ///< number of the newest request to write
    bool m_written = true; ///< the newest request holds m_unsaved
    QTimer m_later;
    QThreadPool m_writer; ///< one thread, so that writes keep their order
};

} // namespace assay::widgets
