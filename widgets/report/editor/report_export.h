#pragma once

#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTimer>

namespace assay::widgets {

/// Writes a report's file in another form, in a process of its own: drawing thirty figures takes seconds,
/// which the window does not have. One export at a time.
class ReportExport : public QObject
{
    Q_OBJECT
public:
    /// @param program the workbench's own, which knows `export`.
    explicit ReportExport(QString program, QObject* parent = nullptr);
    ~ReportExport() override;

    /// The program beside this one, or this one.
    static QString ownProgram();

    /// @param out its suffix chooses the form. @param document the report's file.
    void start(const QString& out, const QString& document, const QString& workspace);
    /// canceled() follows; it ends after the part that it draws, and is killed when that takes too long.
    void cancel();
    bool isRunning() const { return m_process.state() != QProcess::NotRunning; }

Q_SIGNALS:
    void progressed(int done, int total, const QString& what);
    void finished(const QStringList& files);
    void failed(const QString& sentence);
    /// @p clean: it has ended by itself and left nothing; else it had to be killed.
    void canceled(bool clean);

private:
    void readProgress();
    void takeEnd(int code, QProcess::ExitStatus status);

    QString m_program;
    QProcess m_process;
    QTimer m_kill;
    QByteArray m_line;  ///< of stderr, not yet whole
    QStringList m_said; ///< on stderr, other than progress
    bool m_canceled = false;
};

} // namespace assay::widgets
