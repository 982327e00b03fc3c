#include "app/workbench/shell/report_desk.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/engine/run_record.h"
#include "widgets/report/editor/report_page.h"
#include "widgets/report/report_file.h"
#include "widgets/report/report_runs.h"
#include "widgets/studies/catalogue.h"
#include "widgets/studies/study_document.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMenu>

#include <algorithm>
#include <utility>

namespace assay::workbench {

using widgets::Report;
using widgets::ReportBlock;
using widgets::ReportPage;

namespace {

/// Where deleted reports wait for their return.
/// Where a report waits that is deleted now: beside those of the same name that were deleted before.
QString deletedPath(const QString& workspace, const QString& name)
{
    const QString folder = widgets::reportFolder(workspace) + QStringLiteral("/.deleted");
    QString path = QStringLiteral("%1/%2.json").arg(folder, name);
    for (int i = 2; QFileInfo::exists(path); ++i)
        path = QStringLiteral("%1/%2-%3.json").arg(folder, name).arg(i);
    return path;
}

QString plain(QString text)
{
    return text.replace(QLatin1Char('&'), QStringLiteral("&&"));
}

} // namespace

ReportDesk::ReportDesk(DocumentTabs& tabs, QString workspace, QWidget* window)
    : QObject(window)
    , m_tabs(tabs)
    , m_workspace(std::move(workspace))
    , m_window(window)
{
    m_reader.setMaxThreadCount(1);
    connect(&tabs, &DocumentTabs::resultReportRequested, this, &ReportDesk::offerResult);
    connect(&tabs, &DocumentTabs::runReportRequested, this, &ReportDesk::offerRun);
    connect(&tabs, &DocumentTabs::reportSaved, this, &ReportDesk::lookAgain);
    lookAgain();
}

ReportDesk::~ReportDesk()
{
    m_reader.waitForDone();
}

QList<ReportDesk::Entry> ReportDesk::entriesOf(const QString& workspace)
{
    QList<Entry> entries;
    for (const QString& name : widgets::reportNames(workspace)) {
        Entry entry{.name = name, .title = name};
        const QString path = widgets::reportPath(workspace, name);
        entry.changed = QFileInfo(path).lastModified();
        try {
            const Report report = widgets::readReport(path);
            if (!report.title.trimmed().isEmpty())
                entry.title = report.title.trimmed();
            entry.blocks = report.blocks.size();
        } catch (const std::exception& error) {
            entry.problem = QString::fromUtf8(error.what());
        }
        entries.append(entry);
    }
    return entries;
}

void ReportDesk::lookAgain()
{
    m_again = m_looking;
    if (std::exchange(m_looking, true))
        return;
    m_reader.start([this, workspace = m_workspace] {
        const QList<Entry> entries = entriesOf(workspace);
        QMetaObject::invokeMethod(
            this, [this, entries] { takeEntries(entries); }, Qt::QueuedConnection);
    });
}

void ReportDesk::takeEntries(const QList<Entry>& entries)
{
    m_looking = false;
    m_entries = entries;
    QList<widgets::CardItem> items;
    for (const Entry& entry : entries) {
        widgets::CardItem item;
        item.id = entry.name;
        item.title = entry.title;
        const QString when = widgets::whenText(entry.changed);
        const QString blocks = entry.blocks == 1 ? tr("1 block") : tr("%1 blocks").arg(entry.blocks);
        item.meta = entry.problem.isEmpty() ? blocks + QStringLiteral(" · ") + when : when;
        item.warning = entry.problem;
        item.searched = {entry.title, entry.name};
        item.sortValue = -double(entry.changed.toSecsSinceEpoch());
        items.append(item);
    }
    Q_EMIT listed(items);
    if (std::exchange(m_again, false))
        lookAgain();
}

QString ReportDesk::create(const Report& report)
{
    try {
        const QString name = widgets::freshReportName(m_workspace, report.title);
        widgets::writeReport(report, widgets::reportPath(m_workspace, name));
        lookAgain();
        return name;
    } catch (const std::exception& error) {
        Q_EMIT noticed(QStringLiteral("bad"), QString::fromUtf8(error.what()), {});
        return {};
    }
}

void ReportDesk::makeReport()
{
    Report report;
    report.title = tr("Untitled report");
    if (const QString name = create(report); !name.isEmpty())
        m_tabs.report(name)->editTitle();
}

void ReportDesk::open(const QString& name)
{
    m_tabs.report(name);
}

void ReportDesk::rename(const QString& name)
{
    m_tabs.report(name)->editTitle();
}

void ReportDesk::remove(const QString& name)
{
    m_tabs.forgetReport(name);
    const QString gone = deletedPath(m_workspace, name);
    QDir().mkpath(QFileInfo(gone).path());
    QFile file(widgets::reportPath(m_workspace, name));
    if (!file.rename(gone)) {
        Q_EMIT noticed(QStringLiteral("bad"),
                       tr("The report “%1” cannot be deleted: %2.").arg(name, file.errorString()), {});
        return;
    }
    const auto it = std::find_if(m_entries.begin(), m_entries.end(),
                                 [&](const Entry& entry) { return entry.name == name; });
    const QString title = it == m_entries.end() ? name : it->title;
    lookAgain();
    Q_EMIT noticed(QStringLiteral("accent"), tr("The report “%1” has been deleted.").arg(title),
                   {{tr("Undo"), [this, gone, name] { restore(gone, name); }}});
}

void ReportDesk::restore(const QString& gone, const QString& was)
{
    // Another may have got its name meanwhile.
    const bool taken = QFileInfo::exists(widgets::reportPath(m_workspace, was));
    const QString name = taken ? widgets::freshReportName(m_workspace, was) : was;
    QFile file(gone);
    if (!file.rename(widgets::reportPath(m_workspace, name))) {
        Q_EMIT noticed(QStringLiteral("bad"),
                       tr("The report “%1” cannot be put back: %2.").arg(name, file.errorString()), {});
        return;
    }
    lookAgain();
    open(name);
}

void ReportDesk::take(const Report& report, const QString& path)
{
    const QFileInfo file(path);
    if (QFileInfo(file.absolutePath()) == QFileInfo(widgets::reportFolder(m_workspace)))
        return open(file.completeBaseName());
    Report own = report;
    if (own.title.trimmed().isEmpty())
        own.title = file.completeBaseName();
    const QString name = create(own);
    if (name.isEmpty())
        return;
    open(name);
    Q_EMIT noticed(QStringLiteral("good"),
                   tr("%1 has been copied into the reports of this workspace.").arg(path), {});
}

void ReportDesk::addTo(const QString& name, const QString& what, const Add& add)
{
    ReportPage* page = m_tabs.report(name, false);
    if (!page->isReadable()) {
        m_tabs.setCurrentWidget(page); // it says why
        return;
    }
    add(*page);
    // One such sentence is enough, however much is put in.
    Q_EMIT retracted(std::exchange(m_said, tr("%1 added to “%2”.").arg(what, page->title())));
    Q_EMIT noticed(QStringLiteral("good"), m_said, {{tr("Show"), [this, name] { open(name); }}});
}

void ReportDesk::fillMenu(QMenu& menu, const QString& newTitle, const QString& what, const Add& add)
{
    QStringList opened;
    const auto offer = [&](const QString& name, const QString& title, bool isOpen) {
        QAction* action =
            menu.addAction(plain(title), this, [this, name, what, add] { addTo(name, what, add); });
        action->setObjectName(QStringLiteral("addTo-") + name);
        QFont font = action->font();
        font.setBold(isOpen);
        action->setFont(font);
    };
    for (ReportPage* page : m_tabs.reports()) {
        opened << page->name();
        offer(page->name(), page->title(), true);
    }
    for (const Entry& entry : m_entries) {
        if (!opened.contains(entry.name) && entry.problem.isEmpty())
            offer(entry.name, entry.title, false);
    }
    if (!menu.isEmpty())
        menu.addSeparator();
    menu.addAction(tr("A new report"), this,
                   [this, newTitle, what, add] {
                       Report report;
                       report.title = newTitle;
                       if (const QString name = create(report); !name.isEmpty())
                           addTo(name, what, add);
                   })
        ->setObjectName(QStringLiteral("addToNew"));
}

void ReportDesk::offerResult(widgets::StudyDocument& document, ReportBlock::Kind kind, const QString& name,
                             QWidget* near)
{
    const widgets::RunRecord* record = document.record();
    if (!record || record->spec().study.empty())
        return;
    const QString what = kind == ReportBlock::Kind::Table     ? tr("Table")
                         : kind == ReportBlock::Kind::Gallery ? tr("Gallery")
                                                              : tr("Figure");
    const QString step = kind == ReportBlock::Kind::Table     ? tr("Add table")
                         : kind == ReportBlock::Kind::Gallery ? tr("Add gallery")
                                                              : tr("Add figure");
    const ReportBlock block = widgets::resultBlock(kind, widgets::sourceOf(*record), name);
    showMenu(block, what, step, document.title(), near);
}

void ReportDesk::offerBlock(const ReportBlock& block, const QString& what, const QString& title,
                            QWidget* near)
{
    showMenu(block, what, tr("Add %1").arg(what.toLower()), title, near);
}

void ReportDesk::showMenu(const ReportBlock& block, const QString& what, const QString& step,
                          const QString& title, QWidget* near)
{
    auto* menu = new QMenu(near);
    menu->setObjectName(QStringLiteral("addToReportMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addSection(tr("Add to a report"));
    fillMenu(*menu, title, what, [block, step](ReportPage& page) { page.insert(step, {block}); });
    menu->popup(near->mapToGlobal(near->rect().bottomLeft()));
}

void ReportDesk::offerRun(widgets::StudyDocument& document, QWidget* near)
{
    const QString run = document.runId();
    if (run.isEmpty())
        return;
    auto* menu = new QMenu(near);
    menu->setObjectName(QStringLiteral("addRunToReportMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QMenu* all = menu->addMenu(tr("Everything of this run to"));
    all->setObjectName(QStringLiteral("addEverythingMenu"));
    fillMenu(*all, document.title(), tr("Run"), [run](ReportPage& page) { page.insertRun(run, true); });
    QMenu* summary = menu->addMenu(tr("Parameters and key numbers to"));
    summary->setObjectName(QStringLiteral("addSummaryMenu"));
    fillMenu(*summary, document.title(), tr("Summary"),
             [run](ReportPage& page) { page.insertRun(run, false); });
    menu->popup(near->mapToGlobal(near->rect().bottomLeft()));
}

} // namespace assay::workbench
