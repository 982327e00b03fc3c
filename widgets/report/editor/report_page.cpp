#include "widgets/report/editor/report_page.h"

#include "widgets/browsing/message_page.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_record.h"
#include "widgets/report/editor/block_frame.h"
#include "widgets/report/editor/block_menu.h"
#include "widgets/report/editor/engine_runs.h"
#include "widgets/report/editor/export_strip.h"
#include "widgets/report/editor/report_actions.h"
#include "widgets/report/editor/report_draft.h"
#include "widgets/report/editor/report_paper.h"
#include "widgets/report/editor/report_saver.h"
#include "widgets/report/editor/report_start.h"
#include "widgets/report/report_file.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QShowEvent>
#include <QStackedWidget>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>

#include <utility>

namespace assay::widgets {

namespace {

constexpr int kRefreshWhileTypingMs = 250;

} // namespace

ReportPage::ReportPage(const Services& services, const QString& workspace, const QString& name,
                       const QString& program, QWidget* parent)
    : BrowsingPage(QStringLiteral("report"), name, parent)
    , m_services(services)
    , m_workspace(workspace)
    , m_path(reportPath(workspace, name))
    , m_draft(new ReportDraft(this))
    , m_runs(new EngineRuns(services.engine, workspace, this))
    , m_actions(new ReportActions(
          *m_draft, [this]() -> const RunIndex& { return m_runs->index(); }, this))
    , m_pages(new QStackedWidget(this))
    , m_problem(new MessagePage(m_pages))
    , m_paper(new ReportPaper(*m_draft, *m_actions, m_pages))
    , m_start(new ReportStart)
    , m_strip(new ExportStrip(program, services.dialogs, this))
{
    setObjectName(QStringLiteral("report-") + name);
    m_paper->setStart(m_start);
    m_pages->addWidget(m_paper);
    m_pages->addWidget(m_problem);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeBar());
    layout->addWidget(m_strip);
    layout->addWidget(m_pages, 1);
    m_refreshing.setSingleShot(true);
    connect(&m_refreshing, &QTimer::timeout, this, &ReportPage::refresh);
    connect(m_draft, &ReportDraft::changed, this, [this](bool typing) {
        if (m_saver) {
            m_saver->saveLater(m_draft->report());
            showSaved();
        }
        m_refreshing.start(typing ? kRefreshWhileTypingMs : 0);
        if (std::exchange(m_before, title()) != title())
            Q_EMIT titleChanged();
    });
    connect(m_runs, &EngineRuns::changed, this, [this] {
        takeWanted();
        m_stale = true;
        if (isVisible())
            m_refreshing.start(0);
    });
    connect(&services.engine, &EngineClient::runsChanged, this, &ReportPage::updateStart);
    connect(m_paper, &ReportPaper::menuRequested, this, &ReportPage::showBlockMenu);
    connect(m_problem, &MessagePage::triedAgain, this, &ReportPage::read);
    connect(m_start, &ReportStart::noteRequested, this, [this] { m_actions->addNote(); });
    connect(m_start, &ReportStart::runChosen, this, [this](const QString& run) { insertRun(run, true); });
    read();
}

ReportPage::~ReportPage()
{
    m_draft->disconnect(this);
}

QWidget* ReportPage::makeBar()
{
    auto* bar = new QFrame(this);
    bar->setObjectName(QStringLiteral("reportBar"));
    bar->setProperty("kind", QStringLiteral("bar"));
    const auto button = [bar](const QString& name, const QString& text, const QString& tip, bool menu) {
        auto* made = new QToolButton(bar);
        made->setObjectName(name);
        made->setText(text);
        made->setToolTip(tip);
        made->setProperty("kind", QStringLiteral("outlined"));
        made->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        if (menu) {
            made->setPopupMode(QToolButton::InstantPopup);
            made->setMenu(new QMenu(made));
        }
        return made;
    };
    m_note = button(QStringLiteral("addNote"), tr("Note"), tr("Add a note behind the chosen block"), false);
    m_add = button(QStringLiteral("addRun"), tr("Results"), tr("Add what a run shows"), true);
    m_export = button(QStringLiteral("exportReport"), tr("Export"),
                      tr("Write the report as a page, PDF or LaTeX"), true);
    m_state = new QLabel(bar);
    m_state->setObjectName(QStringLiteral("reportState"));
    m_state->setProperty("kind", QStringLiteral("small"));
    const int em = fontMetrics().height();
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(em / 2, em / 4, em / 2, em / 4);
    layout->setSpacing(em / 2);
    layout->addWidget(m_note);
    layout->addWidget(m_add);
    layout->addStretch(1);
    layout->addWidget(m_state);
    layout->addWidget(m_export);
    connect(m_note, &QToolButton::clicked, this, [this] { m_actions->addNote(m_paper->current()); });
    connect(m_add->menu(), &QMenu::aboutToShow, this, [this] { fillRunMenu(*m_add->menu()); });
    buildExportMenu();
    return bar;
}

void ReportPage::read()
{
    try {
        const Report report = readReport(m_path);
        m_readable = true;
        m_draft->reset(report);
        m_pages->setCurrentWidget(m_paper);
    } catch (const std::exception& error) {
        m_readable = false;
        m_problem->say(QString::fromUtf8(error.what()), true);
        m_pages->setCurrentWidget(m_problem);
    }
    for (QWidget* widget : QList<QWidget*>{m_note, m_add, m_export})
        widget->setEnabled(m_readable);
    if (m_readable && !m_saver) {
        m_saver = new ReportSaver(m_path, this);
        connect(m_saver, &ReportSaver::settled, this, [this] {
            showSaved();
            if (m_saver->problem().isEmpty()) {
                m_strip->start(m_path, m_workspace);
                Q_EMIT saved();
            } else if (m_strip->isRunning()) {
                m_strip->giveUp(m_saver->problem());
            } else {
                Q_EMIT noticed(QStringLiteral("bad"), m_saver->problem());
            }
        });
    }
    showSaved();
    updateStart();
    Q_EMIT titleChanged();
}

QString ReportPage::title() const
{
    const QString title = m_draft->report().title.trimmed();
    return title.isEmpty() ? name() : title;
}

const Report& ReportPage::report() const
{
    return m_draft->report();
}

QUndoStack* ReportPage::undoStack() const
{
    return m_draft->undoStack();
}

void ReportPage::setCatalogue(const Catalogue& catalogue)
{
    m_catalogue = catalogue;
    updateStart();
}

void ReportPage::updateStart()
{
    m_start->setRuns(readRuns(m_services.engine.runs()), m_catalogue);
    m_refreshing.start(0);
}

void ReportPage::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_note->setIcon(theme.icon(QStringLiteral("plus"), theme.mutedText));
    m_add->setIcon(theme.icon(QStringLiteral("plus"), theme.mutedText));
    m_export->setIcon(theme.icon(QStringLiteral("export")));
    m_strip->setTheme(theme);
    m_paper->setTheme(theme);
}

void ReportPage::setEngineProblem(const QString&)
{
    // What cannot be read says so in its place, and comes when the engine is back.
}

void ReportPage::showEvent(QShowEvent* event)
{
    BrowsingPage::showEvent(event);
    if (m_stale)
        m_refreshing.start(0);
}

void ReportPage::refresh()
{
    if (!m_readable || !m_runs->isReady())
        return;
    if (!isVisible()) {
        m_stale = true;
        return;
    }
    m_stale = false;
    m_content = resolveReport(m_draft->report(), *m_runs);
    takeWanted();
    m_runs->release();
    m_paper->setContent(m_content);
    for (const QString& notice : std::as_const(m_content.notices)) {
        if (!m_said.contains(notice)) {
            m_said << notice; // once, not with every edit
            Q_EMIT noticed(QStringLiteral("warning"), notice);
        }
    }
}

void ReportPage::insert(const QString& what, const QVector<ReportBlock>& blocks)
{
    if (m_readable)
        m_actions->add(what, blocks);
}

void ReportPage::insertRun(const QString& run, bool everything, const QString& after)
{
    m_wanted.append({run, everything, after});
    takeWanted();
}

void ReportPage::takeWanted()
{
    QStringList ids;
    for (const Wanted& wanted : m_wanted)
        ids << wanted.run;
    const QStringList missing = m_runs->missing(ids);
    const QList<Wanted> all = std::exchange(m_wanted, {});
    for (const Wanted& wanted : all) {
        if (missing.contains(wanted.run)) {
            m_wanted.append(wanted);
            continue;
        }
        try {
            QString notice;
            const auto record = m_runs->run(wanted.run, notice);
            const RunSource source = sourceOf(*record);
            QVector<ReportBlock> blocks{resultBlock(ReportBlock::Kind::Summary, source, {})};
            if (wanted.everything)
                blocks += blocksOfRun(*record, source);
            if (m_readable)
                m_actions->add(wanted.everything ? tr("Add run") : tr("Add summary"), blocks, wanted.after);
        } catch (const std::exception& error) {
            Q_EMIT noticed(QStringLiteral("bad"), QString::fromUtf8(error.what()));
        }
    }
}

void ReportPage::fillRunMenu(QMenu& menu)
{
    constexpr int kMostRuns = 12;
    menu.clear();
    int offered = 0;
    for (const RunEntry& run : readRuns(m_services.engine.runs())) {
        if (run.state != QLatin1String("finished") || ++offered > kMostRuns)
            continue;
        QString text = runLine(run, m_catalogue);
        QMenu* one = menu.addMenu(text.replace(QLatin1Char('&'), QStringLiteral("&&")));
        one->addAction(tr("Everything"), this,
                       [this, id = run.run] { insertRun(id, true, m_paper->current()); });
        one->addAction(tr("Summary: parameters and key numbers"), this,
                       [this, id = run.run] { insertRun(id, false, m_paper->current()); });
    }
    if (menu.isEmpty())
        menu.addAction(tr("No run has finished yet"))->setEnabled(false);
}

void ReportPage::editTitle()
{
    QLineEdit* field = m_paper->titleField();
    field->setText(report().title);
    field->setFocus(Qt::OtherFocusReason);
    field->selectAll();
}

void ReportPage::showSaved()
{
    if (!m_saver) {
        m_state->clear();
        return;
    }
    const bool failed = !m_saver->problem().isEmpty();
    m_state->setText(failed ? tr("Not saved") : m_saver->isSaved() ? tr("Saved") : tr("Saving …"));
    m_state->setToolTip(failed ? m_saver->problem() : m_path);
}

bool ReportPage::settle(QString& problem)
{
    m_paper->endEditing();
    if (!m_saver || m_saver->flush())
        return true;
    problem = m_saver->problem();
    showSaved();
    return false;
}

void ReportPage::abandon()
{
    if (m_saver)
        m_saver->abandon();
}

void ReportPage::showBlockMenu(const QString& id, const QPoint& position)
{
    const ReportBlock* block = m_actions->block(id);
    BlockFrame* frame = m_paper->frame(id);
    if (!block || !frame)
        return;
    BlockMenuContext context;
    context.theme = m_theme;
    context.preset = report().preset;
    const qsizetype at = report().find(id);
    if (at > 0 && m_actions->canCompose(id, report().blocks[at - 1].id))
        context.figureAbove = report().blocks[at - 1].id;
    for (const ContentItem& item : std::as_const(m_content.items)) {
        for (const QString& run : item.runs) {
            if (item.block == id && !context.runs.contains(run))
                context.runs << run;
        }
    }
    if (frame->canEdit())
        context.edit = [this, id] { m_paper->showBlock(id, true); };
    context.openRun = [this](const QString& run) { Q_EMIT runOpened(run); };
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("reportBlockMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    fillBlockMenu(*menu, *m_actions, *block, context);
    menu->popup(position);
}

} // namespace assay::widgets
