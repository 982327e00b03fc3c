#include "app/workbench/shell/main_window.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/command_palette.h"
#include "app/workbench/shell/diagnostics_dialog.h"
#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/drop_zone.h"
#include "app/workbench/shell/engine_indicator.h"
#include "app/workbench/shell/file_intake.h"
#include "app/workbench/shell/import_desk.h"
#include "app/workbench/shell/notice_bar.h"
#include "app/workbench/shell/plugin_desk.h"
#include "app/workbench/shell/report_desk.h"
#include "app/workbench/shell/undo_router.h"
#include "app/workbench/shell/window_actions.h"
#include "widgets/jobs/jobs_view.h"
#include "widgets/jobs/log_view.h"
#include "widgets/jobs/status_strip.h"
#include "widgets/report/editor/report_page.h"
#include "widgets/studies/catalogue_view.h"
#include "widgets/studies/details_dialog.h"
#include "widgets/studies/library_view.h"
#include "widgets/studies/selection_inspector.h"
#include "widgets/studies/study_document.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QFileInfo>
#include <QLabel>
#include <QMenuBar>
#include <QScreen>
#include <QStatusBar>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::workbench {

using widgets::EngineClient;
using widgets::StudyDocument;

namespace {

constexpr QSize kFirstSize(1440, 900);
/// Narrower than this the library gives way; more than the window needs at least with it.
constexpr int kRoomyInEm = 78;
/// The study that a first start opens.
const char* const kFirstStudy = "transfer.class-aware";

} // namespace

MainWindow::MainWindow(WindowOptions options, widgets::FileDialogs& dialogs)
    : m_options(std::move(options))
    , m_dialogs(dialogs)
    , m_preferences(m_options.preferences)
    , m_session(m_options.workspace)
    , m_themes(m_options.appearance.value_or(
          ThemeKeeper::choiceFromName(m_preferences.value(preference::kAppearance))))
    , m_engine(m_options.engine)
    , m_actions(new ActionRegistry(this, menuBar()))
    , m_notices(new NoticeBar(this))
    , m_tabs(
          new DocumentTabs({m_engine, m_selection, m_dialogs, m_options.workspace, m_options.program}, this))
    , m_palette(new CommandPalette(this))
    , m_intake(new FileIntake(this))
    , m_imports(new ImportDesk(m_engine, m_dialogs, this))
    , m_plugins(new PluginDesk(m_engine, m_dialogs, this))
    , m_reports(new ReportDesk(*m_tabs, m_options.workspace, this))
    , m_undo(new UndoRouter(m_imports->undoStack(), this))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Assay – %1").arg(QDir(m_options.workspace).dirName()));
    setDockOptions(AllowTabbedDocks | AllowNestedDocks);
    connect(&m_themes, &ThemeKeeper::changed, this, &MainWindow::applyTheme);

    buildCentre();
    buildDocks();
    buildStatusBar();
    WindowActions::registerInto(*this);
    connectEngine();
    connectLibrary();
    connectImports();
    connectReports();
    connect(m_palette, &CommandPalette::chosen, this,
            [this](const QString& id) { WindowActions::perform(*this, id); });
    connect(m_intake, &FileIntake::figureRead, this, &MainWindow::takeFigure);
    connect(m_intake, &FileIntake::specRead, this, &MainWindow::takeSpec);
    connect(m_intake, &FileIntake::refused, this,
            [this](const QString& s) { m_notices->say(QStringLiteral("warning"), s); });

    applyTheme(m_themes.theme());
    restoreSession();
    m_notices->say(QStringLiteral("warning"), m_preferences.problem());
    m_notices->say(QStringLiteral("warning"), m_session.problem());
}

MainWindow::~MainWindow()
{
    // These hold references to what this object owns, and ask the engine.
    delete m_reports;
    delete m_tabs;
    delete m_undo;
    delete m_imports;
    delete m_plugins;
}

void MainWindow::buildCentre()
{
    auto* centre = new QWidget(this);
    auto* layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notices);
    layout->addWidget(m_tabs, 1);
    setCentralWidget(centre);
    connect(m_tabs, &DocumentTabs::noticed, this,
            [this](const QString& tone, const QString& sentence) { m_notices->say(tone, sentence); });
    connect(m_tabs, &DocumentTabs::currentDocumentChanged, this, &MainWindow::showDocument);
    connect(m_tabs, &DocumentTabs::documentsChanged, this, &MainWindow::saveSession);
}

void MainWindow::buildDocks()
{
    const auto addDock = [this](const char* name, const QString& title, QWidget* view,
                                Qt::DockWidgetArea area) {
        auto* dock = new QDockWidget(title, this);
        dock->setObjectName(QString::fromLatin1(name));
        dock->setWidget(view);
        addDockWidget(area, dock);
        return dock;
    };
    m_library = new widgets::LibraryView(this);
    m_inspector = new widgets::SelectionInspector(m_selection, this);
    m_jobsView = new widgets::JobsView(&m_engine, this);
    m_logView = new widgets::LogView(&m_engine, this);
    m_libraryDock = addDock("libraryDock", tr("Library"), m_library, Qt::LeftDockWidgetArea);
    m_inspectorDock = addDock("inspectorDock", tr("Selection"), m_inspector, Qt::RightDockWidgetArea);
    m_jobsDock = addDock("jobsDock", tr("Jobs"), m_jobsView, Qt::BottomDockWidgetArea);
    m_logDock = addDock("logDock", tr("Log"), m_logView, Qt::BottomDockWidgetArea);
    tabifyDockWidget(m_jobsDock, m_logDock);
    m_jobsDock->raise();
    for (QDockWidget* dock : {m_inspectorDock, m_jobsDock, m_logDock})
        dock->hide();
    const int em = fontMetrics().height();
    m_library->setMinimumWidth(15 * em);
    m_inspector->setMinimumWidth(15 * em);
    resizeDocks({m_libraryDock, m_inspectorDock}, {17 * em, 18 * em}, Qt::Horizontal);
    resizeDocks({m_jobsDock}, {12 * em}, Qt::Vertical);
}

void MainWindow::buildStatusBar()
{
    m_indicator = new EngineIndicator(m_engine, this);
    m_selectionText = new QLabel(this);
    m_selectionText->setObjectName(QStringLiteral("selectionStatus"));
    m_selectionText->setIndent(fontMetrics().height() / 2);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_selectionText, 1);
    m_strip = new widgets::StatusStrip(m_engine, *m_jobsView->model(), this);
    statusBar()->addPermanentWidget(m_strip);
    statusBar()->addPermanentWidget(m_indicator);
    connect(m_strip, &widgets::StatusStrip::activated, this, [this] {
        m_jobsDock->show();
        m_jobsDock->raise();
    });
    connect(m_indicator, &QToolButton::clicked, this,
            [this] { m_actions->find(QStringLiteral("help.about"))->trigger(); });
    connect(&m_selection, &widgets::Selection::changed, this, [this] {
        const qsizetype count = m_selection.ids().size();
        QString text = count == 0   ? QString()
                       : count == 1 ? tr("1 sample selected")
                                    : tr("%1 samples selected").arg(count);
        if (count > 0 && !m_selection.reason().isEmpty())
            text += QStringLiteral(": ") + m_selection.reason();
        m_selectionText->setText(text);
    });
}

void MainWindow::connectEngine()
{
    connect(&m_engine, &EngineClient::stateChanged, this, &MainWindow::takeEngineState);
    connect(&m_engine, &EngineClient::catalogueChanged, this, &MainWindow::takeCatalogue);
    connect(&m_engine, &EngineClient::runsChanged, this, &MainWindow::takeRuns);
    connect(&m_engine, &EngineClient::died, this,
            [this](const QString& message) { m_notices->say(QStringLiteral("bad"), message); });
}

void MainWindow::connectLibrary()
{
    connect(m_library, &widgets::LibraryView::modelChosen, this, &MainWindow::showModel);
    connect(m_library, &widgets::LibraryView::datasetChosen, this, &MainWindow::showDataset);
    connect(m_library, &widgets::LibraryView::attackChosen, this, &MainWindow::showAttack);
    connect(m_library, &widgets::LibraryView::modelOpened, m_tabs, &DocumentTabs::inspect);
    connect(m_library, &widgets::LibraryView::datasetOpened, m_tabs, &DocumentTabs::browse);
    connect(m_library, &widgets::LibraryView::runOpened, this, &MainWindow::openRun);
    connect(m_jobsView, &widgets::JobsView::openRequested, this, &MainWindow::openRun);
    connect(m_library, &widgets::LibraryView::runRepeated, this, &MainWindow::repeatRun);
    connect(m_library, &widgets::LibraryView::runDeleted, this, &MainWindow::deleteRun);
    connect(m_library, &widgets::LibraryView::runRevealed, this, [this](const QString& run) {
        m_dialogs.reveal(m_options.workspace + QStringLiteral("/runs/") + run);
    });
}

void MainWindow::connectImports()
{
    auto* zone = new DropZone(this);
    connect(zone, &DropZone::filesDropped, this, [this](const QStringList& paths) {
        for (const QString& path : paths)
            openFile(path);
    });
    connect(zone, &DropZone::refused, this,
            [this](const QString& s) { m_notices->say(QStringLiteral("warning"), s); });
    connect(m_intake, &FileIntake::foreign, m_imports, &ImportDesk::take);
    connect(m_library, &widgets::LibraryView::importRequested, this, [this](bool folder) {
        m_actions->find(folder ? QStringLiteral("file.importFolder") : QStringLiteral("file.import"))
            ->trigger();
    });
    connect(m_library, &widgets::LibraryView::removalRequested, m_imports, &ImportDesk::remove);
    connect(m_library, &widgets::LibraryView::importAgainRequested, m_imports, &ImportDesk::importAgain);
    connect(m_library, &widgets::LibraryView::fileRevealed, this,
            [this](const QString& path) { m_dialogs.reveal(QFileInfo(path).absolutePath()); });
    connect(m_imports, &ImportDesk::appeared, this, [this](auto shelf, const QString& name) {
        m_libraryDock->show();
        m_library->showItem(shelf, name);
    });
    connect(m_plugins, &PluginDesk::noticed, m_notices, &NoticeBar::say);
    connect(m_imports, &ImportDesk::noticed, m_notices, &NoticeBar::say);
    connect(m_imports, &ImportDesk::retracted, m_notices, &NoticeBar::retract);
}

void MainWindow::restoreSession()
{
    const SessionState state = m_session.read();
    if (!restoreGeometry(state.geometry)) {
        const QRect screen = this->screen()->availableGeometry();
        resize(kFirstSize.boundedTo(screen.size()));
    }
    restoreState(state.docks);
    m_library->showShelf(widgets::LibraryView::Shelf(std::clamp(state.shelf, 0, 4)));
    if (m_session.exists()) {
        m_tabs->restore(state);
        return;
    }
    protocol::RunSpec first;
    first.study = kFirstStudy;
    StudyDocument* document = m_tabs->addDocument(first);
    if (!m_preferences.value(preference::kWelcomed)) {
        document->setHint(
            tr("Welcome. This is the demonstration workspace: real images and a few small trained models. "
               "Press Run and watch the figures appear; Ctrl+K finds everything else."));
        m_preferences.set(preference::kWelcomed, true);
    }
}

void MainWindow::saveSession()
{
    if (!m_painted)
        return;
    SessionState state;
    state.geometry = saveGeometry();
    state.docks = saveState();
    m_tabs->save(state);
    state.shelf = int(m_library->shelf());
    m_session.write(state);
}

void MainWindow::applyTheme(const widgets::Theme& theme)
{
    m_actions->setTheme(theme);
    m_notices->setTheme(theme);
    m_tabs->setTheme(theme);
    m_palette->setTheme(theme);
    m_library->setTheme(theme);
    m_inspector->setTheme(theme);
    m_jobsView->setTheme(theme);
    m_logView->setTheme(theme);
    m_indicator->setTheme(theme);
    m_strip->setTheme(theme);
    m_imports->setTheme(theme);
    m_plugins->setTheme(theme);
}

void MainWindow::takeCatalogue()
{
    // Forms forget their steps of undo when they are filled anew: only for something new. What the engine
    // says of itself, such as its memory, always is.
    Json seen = m_engine.catalogue();
    seen.erase("engine");
    seen.erase("plugins"); // what they offer stands in the other lists
    if (!m_catalogueSeen.is_null() && seen == m_catalogueSeen)
        return;
    m_catalogueSeen = std::move(seen);
    m_catalogue = widgets::readCatalogue(m_engine.catalogue());
    m_tabs->setCatalogue(m_catalogue);
    m_library->setCatalogue(m_catalogue);
    m_imports->setCatalogue(m_catalogue);
}

void MainWindow::lookAgain()
{
    // Back from another program, in which imported files may have been changed or moved.
    m_reports->lookAgain();
    if (m_engine.state() == EngineClient::State::Ready && !m_catalogueSeen.is_null())
        m_engine.refreshCatalogue();
}

void MainWindow::takeRuns()
{
    m_runs = widgets::readRuns(m_engine.runs());
    m_library->setRuns(m_runs);
}

void MainWindow::takeEngineState()
{
    m_tabs->catalogueView()->setWaiting(m_engine.problem());
    if (m_engine.state() == EngineClient::State::Failed) {
        m_notices->say(QStringLiteral("bad"), m_engine.problem(),
                       {{tr("Start the engine again"), [this] { m_engine.start(); }}});
    }
}

void MainWindow::openFile(const QString& path)
{
    m_intake->take(path);
}

void MainWindow::takeFigure(const widgets::Claim& claim, const QString& path)
{
    if (runEntry(claim.run)) {
        m_tabs->openRun(claim.run, QString::fromStdString(claim.spec.study))->verify(claim);
        return;
    }
    const QString name = QFileInfo(path).fileName();
    m_notices->say(QStringLiteral("accent"),
                   tr("%1 comes from run %2, which is not in this workspace. It can be made again from the "
                      "specification inside "
                      "the file; Assay then says whether the digits are the same.")
                       .arg(name, claim.run),
                   {{tr("Run it again"), [this, claim] {
                         StudyDocument* document = m_tabs->addDocument(claim.spec);
                         document->verify(claim);
                         document->repeat();
                     }}});
}

void MainWindow::takeSpec(const protocol::RunSpec& spec)
{
    if (!m_catalogue.studies.isEmpty() && !m_catalogue.study(QString::fromStdString(spec.study))) {
        m_notices->say(QStringLiteral("warning"),
                       tr("The specification asks for the study “%1”, which this engine does not know.")
                           .arg(QString::fromStdString(spec.study)));
        return;
    }
    m_tabs->addDocument(spec);
}

void MainWindow::showDocument(StudyDocument* document)
{
    if (document)
        m_undo->setPage(document, document->undoStack());
    else if (widgets::ReportPage* report = m_tabs->currentReport())
        m_undo->setPage(report, report->undoStack());
    else
        m_undo->setPage(nullptr, nullptr);
    m_inspector->setRecord(document ? document->record() : nullptr);
}

void MainWindow::showModel(const QString& name)
{
    if (const auto* model = m_catalogue.model(name)) {
        auto* dialog = new widgets::DetailsDialog(*model, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    }
}

void MainWindow::showDataset(const QString& name)
{
    if (const auto* dataset = m_catalogue.dataset(name)) {
        auto* dialog = new widgets::DetailsDialog(*dataset, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    }
}

void MainWindow::showAttack(const QString& name)
{
    if (const auto* attack = m_catalogue.attack(name)) {
        auto* dialog = new widgets::DetailsDialog(*attack, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    }
}

void MainWindow::openRun(const QString& run)
{
    const widgets::RunEntry* entry = runEntry(run);
    m_tabs->openRun(run, entry ? entry->study : QString());
}

void MainWindow::repeatRun(const QString& run)
{
    const widgets::RunEntry* entry = runEntry(run);
    if (!entry)
        return;
    StudyDocument* document = m_tabs->openRun(run, entry->study);
    document->repeat();
}

void MainWindow::deleteRun(const QString& run)
{
    const widgets::RunEntry* entry = runEntry(run);
    if (!entry)
        return;
    const QString title = entry->title.isEmpty() ? run : entry->title;
    m_dialogs.confirm(
        this, tr("Delete a run"),
        tr("Delete “%1” (%2) with its figures, tables and files? This cannot be undone.").arg(title, run),
        tr("Delete"), [this, run] {
            m_tabs->closeRun(run);
            m_engine.request(
                "run.delete", {{"run", run.toStdString()}}, this, [this](const protocol::Reply& reply) {
                    if (!reply.ok)
                        m_notices->say(QStringLiteral("bad"), QString::fromStdString(reply.error));
                    m_engine.refreshRuns();
                });
        });
}

const widgets::RunEntry* MainWindow::runEntry(const QString& run) const
{
    const auto it =
        std::find_if(m_runs.begin(), m_runs.end(), [&](const auto& entry) { return entry.run == run; });
    return it == m_runs.end() ? nullptr : &*it;
}

bool MainWindow::event(QEvent* event)
{
    const bool handled = QMainWindow::event(event);
    if (event->type() == QEvent::WindowActivate)
        lookAgain();
    if (event->type() == QEvent::Paint && !m_painted) {
        m_painted = true;
        // Queued: the window is on screen before the child is started.
        QMetaObject::invokeMethod(
            this,
            [this] {
                Q_EMIT painted();
                m_engine.start();
            },
            Qt::QueuedConnection);
    }
    return handled;
}

void MainWindow::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    // In a narrow window the results need the room more than the library does; it comes back with the room.
    const bool narrow = width() < kRoomyInEm * fontMetrics().height();
    if (narrow == m_narrow)
        return;
    m_narrow = narrow;
    if (narrow && m_libraryDock->isVisibleTo(this)) {
        m_libraryDock->hide();
        m_libraryGaveWay = true;
    } else if (!narrow && m_libraryGaveWay) {
        m_libraryDock->show();
        m_libraryGaveWay = false;
    }
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!m_tabs->settleReports())
        return event->ignore();
    saveSession();
    m_session.flush();
    m_preferences.set(preference::kWorkspace, m_options.workspace.toStdString());
    event->accept();
}

} // namespace assay::workbench
