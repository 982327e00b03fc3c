#pragma once

#include "app/workbench/shell/notice_bar.h"
#include "widgets/report/report.h"
#include "widgets/studies/card_model.h"

#include <QDateTime>
#include <QObject>
#include <QThreadPool>

#include <functional>

class QMenu;

namespace assay::widgets {
class ReportPage;
class RunRecord;
class StudyDocument;
} // namespace assay::widgets

namespace assay::workbench {

class DocumentTabs;

/// The reports of the workspace: makes, opens and deletes them, and puts results into them. GUI thread; files
/// are looked at on a thread of its own.
class ReportDesk : public QObject
{
    Q_OBJECT
public:
    /// @param tabs in which reports are opened; they outlive this object.
    ReportDesk(DocumentTabs& tabs, QString workspace, QWidget* window);
    ~ReportDesk() override;

    /// Looks at the folder again; listed() follows when something has changed.
    void lookAgain();
    /// A new, empty report in front, its title being written.
    void makeReport();
    void open(const QString& name);
    void rename(const QString& name);
    /// With a way back.
    void remove(const QString& name);
    /// A report's file from anywhere: one of the workspace is opened, another is copied into it.
    void take(const widgets::Report& report, const QString& path);

    /// Asks beside @p near which report a result of the document's run goes into. @p kind of the block.
    void offerResult(widgets::StudyDocument& document, widgets::ReportBlock::Kind kind, const QString& name,
                     QWidget* near);
    /// The same for a block that is made already; @p what it is, @p title of a new report.
    void offerBlock(const widgets::ReportBlock& block, const QString& what, const QString& title,
                    QWidget* near);
    /// The same for a run as a whole.
    void offerRun(widgets::StudyDocument& document, QWidget* near);

Q_SIGNALS:
    /// The reports there are, as the library shows them.
    void listed(const QList<assay::widgets::CardItem>& reports);
    void noticed(const QString& tone, const QString& sentence,
                 const QList<assay::workbench::NoticeAction>& actions);
    void retracted(const QString& sentence);

private:
    struct Entry
    {
        QString name, title, problem;
        QDateTime changed;
        qsizetype blocks = 0;
    };
    using Add = std::function<void(widgets::ReportPage&)>;
    static QList<Entry> entriesOf(const QString& workspace);
    void takeEntries(const QList<Entry>& entries);
    /// The name of a new report in the workspace; empty when it cannot be written, which is said.
    QString create(const widgets::Report& report);
    void showMenu(const widgets::ReportBlock& block, const QString& what, const QString& step,
                  const QString& title, QWidget* near);
    void fillMenu(QMenu& menu, const QString& newTitle, const QString& what, const Add& add);
    void addTo(const QString& name, const QString& what, const Add& add);
    /// Puts the deleted file @p gone back, under the name it had or a fresh one.
    void restore(const QString& gone, const QString& was);

    DocumentTabs& m_tabs;
    QString m_workspace;
    QWidget* m_window;
    QList<Entry> m_entries;
    QString m_said; ///< about what was put in last
    bool m_looking = false;
    bool m_again = false;
    QThreadPool m_reader;
};

} // namespace assay::workbench
