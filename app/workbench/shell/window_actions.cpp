#include "app/workbench/shell/window_actions.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/command_palette.h"
#include "app/workbench/shell/diagnostics_dialog.h"
#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/file_intake.h"
#include "app/workbench/shell/import_desk.h"
#include "app/workbench/shell/main_window.h"
#include "app/workbench/shell/notice_bar.h"
#include "app/workbench/shell/plugin_desk.h"
#include "app/workbench/shell/report_desk.h"
#include "app/workbench/shell/undo_router.h"
#include "widgets/studies/card_items.h"
#include "widgets/studies/catalogue_view.h"
#include "widgets/studies/library_view.h"
#include "widgets/studies/study_document.h"

#include <QActionGroup>
#include <QDockWidget>
#include <QMenu>

namespace assay::workbench {

using widgets::StudyDocument;

namespace {

const QString kCommand = QStringLiteral("command:");
const QString kStudy = QStringLiteral("study:");
const QString kRun = QStringLiteral("run:");

/// A handler that does something with the document in front, when there is one.
std::function<void()> onDocument(DocumentTabs& tabs, void (StudyDocument::*action)())
{
    return [&tabs, action] {
        if (StudyDocument* document = tabs.current())
            (document->*action)();
    };
}

} // namespace

void WindowActions::registerInto(MainWindow& w)
{
    ActionRegistry& actions = *w.m_actions;
    DocumentTabs& tabs = *w.m_tabs;
    const auto tr = [](const char* text) { return MainWindow::tr(text); };

    const QString file = tr("&File");
    actions.add("file.new", file, tr("&New study …"), QKeySequence::New, "study", [&tabs] {
        tabs.setCurrentIndex(tabs.indexOf(tabs.catalogueView()));
        tabs.catalogueView()->focusSearch();
    });
    actions.add("file.newReport", file, tr("New &report"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N),
                "report", [&w] { w.m_reports->makeReport(); });
    actions.add(
        "file.open", file, tr("&Open a figure or specification …"), QKeySequence::Open, "folder", [&w] {
            w.m_dialogs.openFile(&w, MainWindow::tr("Open a figure or specification"),
                                 FileIntake::nameFilter(), [&w](const QString& path) { w.openFile(path); });
        });
    actions.add("file.import", file, tr("&Import files …"), QKeySequence(Qt::CTRL | Qt::Key_I), "plus",
                [&w] { w.m_imports->chooseFiles([&w](const QString& path) { w.openFile(path); }); });
    actions.add("file.importFolder", file, tr("Import a &folder …"),
                QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I), "folder",
                [&w] { w.m_imports->chooseFolder(); });
    actions.addSeparator(file);
    actions.add("file.exportAll", file, tr("&Export all figures and tables …"),
                QKeySequence(Qt::CTRL | Qt::Key_E), "export", onDocument(tabs, &StudyDocument::exportAll));
    actions.add("file.exportTables", file, tr("Export &tables as CSV …"), {}, "table",
                onDocument(tabs, &StudyDocument::exportTables));
    actions.add("file.saveSpec", file, tr("&Save the specification …"), QKeySequence::Save, "save",
                onDocument(tabs, &StudyDocument::saveSpec));
    actions.add("file.copyCommand", file, tr("&Copy the command line"),
                QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), "copy",
                onDocument(tabs, &StudyDocument::copyCommandLine));
    actions.addSeparator(file);
    actions.add("file.closeTab", file, tr("Close &tab"), QKeySequence::Close, "close",
                [&tabs] { tabs.closeCurrent(); });
    actions.add("file.quit", file, tr("&Quit"), QKeySequence::Quit, "", [&w] { w.close(); });

    const QString edit = tr("&Edit");
    actions.adopt("edit.undo", edit, w.m_undo->createUndoAction(&w), QKeySequence::Undo, "undo");
    actions.adopt("edit.redo", edit, w.m_undo->createRedoAction(&w), QKeySequence::Redo, "redo");
    actions.addSeparator(edit);
    actions.add("edit.clearSelection", edit, tr("&Clear the selection"),
                QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A), "reset", [&w] { w.m_selection.clear(&w); });

    const QString view = tr("&View");
    actions
        .add("view.palette", view, tr("&Command palette …"), QKeySequence(Qt::CTRL | Qt::Key_K), "command",
             [&w] { w.m_palette->open(paletteItems(w)); })
        ->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_K), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)});
    actions.addSeparator(view);
    QAction* setup = actions.add("view.setup", view, tr("Study &parameters"), QKeySequence(Qt::Key_F9),
                                 "settings", [&tabs] {
                                     if (StudyDocument* document = tabs.current())
                                         document->setSetupVisible(!document->isSetupVisible());
                                 });
    setup->setToolTip(tr("Show or hide the parameters beside the results"));
    actions.adopt("view.library", view, w.m_libraryDock->toggleViewAction(),
                  QKeySequence(Qt::CTRL | Qt::Key_1), "model");
    actions.adopt("view.selection", view, w.m_inspectorDock->toggleViewAction(),
                  QKeySequence(Qt::CTRL | Qt::Key_2), "image");
    actions.adopt("view.jobs", view, w.m_jobsDock->toggleViewAction(), QKeySequence(Qt::CTRL | Qt::Key_3),
                  "jobs");
    actions.adopt("view.log", view, w.m_logDock->toggleViewAction(), QKeySequence(Qt::CTRL | Qt::Key_4),
                  "log");
    actions.addSeparator(view);
    auto* appearances = new QActionGroup(&w);
    const auto appearance = [&](const char* id, const QString& text, const char* icon,
                                ThemeKeeper::Choice choice) {
        QAction* action = actions.add(id, view, text, {}, icon, [&w, choice] {
            w.m_themes.choose(choice);
            w.m_preferences.set(preference::kAppearance, std::string(ThemeKeeper::name(choice)));
        });
        action->setCheckable(true);
        action->setChecked(w.m_themes.choice() == choice);
        appearances->addAction(action);
    };
    appearance("view.system", tr("Appearance of the &desktop"), "", ThemeKeeper::Choice::System);
    appearance("view.light", tr("&Light appearance"), "sun", ThemeKeeper::Choice::Light);
    appearance("view.dark", tr("&Dark appearance"), "moon", ThemeKeeper::Choice::Dark);

    const QString run = tr("&Run");
    actions.add("run.start", run, tr("&Run the study"), QKeySequence(Qt::CTRL | Qt::Key_R), "play",
                onDocument(tabs, &StudyDocument::run));
    actions.add("run.cancel", run, tr("&Cancel the run"), QKeySequence(Qt::CTRL | Qt::Key_Period), "stop",
                onDocument(tabs, &StudyDocument::cancel));
    actions.add("run.compare", run, tr("Com&pare the selected runs"),
                QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D), "compare", [&w] { compareRuns(w); });
    actions.addSeparator(run);
    actions.add("engine.restart", run, tr("Start the &engine again"), {}, "reset",
                [&w] { w.m_engine.start(); });

    const QString help = tr("&Help");
    actions.add("help.plugins", help, tr("&Plugins …"), {}, "settings", [&w] { w.m_plugins->open(); });
    actions.add("help.about", help, tr("&About and diagnostics"), QKeySequence::HelpContents, "info", [&w] {
        auto* dialog = new DiagnosticsDialog(w.m_engine, w.m_options.workspace, &w);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
}

void WindowActions::compareRuns(MainWindow& w)
{
    const QStringList runs = w.m_library->selectedRuns();
    if (runs.size() > 1) {
        w.m_tabs->compare(runs);
        return;
    }
    w.m_libraryDock->show();
    w.m_library->showShelf(widgets::LibraryView::Shelf::Runs);
    w.m_notices->say(QStringLiteral("accent"),
                     MainWindow::tr("Select two or more runs in the library, with Ctrl or Shift and a click, "
                                    "then compare them."));
}

QList<widgets::CardItem> WindowActions::paletteItems(const MainWindow& w)
{
    QList<widgets::CardItem> items;
    for (const auto& entry : w.m_actions->entries()) {
        if (!entry.action->isEnabled() || entry.id == QLatin1String("view.palette"))
            continue;
        widgets::CardItem item;
        item.id = kCommand + entry.id;
        item.title = entry.action->text().remove(QLatin1Char('&'));
        item.badge = entry.action->shortcut().toString(QKeySequence::NativeText);
        item.searched = {item.title, QString(entry.menu).remove(QLatin1Char('&'))};
        item.sortValue = double(items.size());
        items.append(item);
    }
    const auto append = [&items](const QList<widgets::CardItem>& more, const QString& prefix,
                                 const QString& badge) {
        for (widgets::CardItem item : more) {
            item.id.prepend(prefix);
            item.body.clear();
            item.badge = badge;
            item.tone.clear();
            item.sortValue = double(items.size());
            items.append(item);
        }
    };
    append(widgets::studyItems(w.m_catalogue), kStudy, MainWindow::tr("study"));
    append(widgets::runItems(w.m_runs, w.m_catalogue), kRun, MainWindow::tr("run"));
    return items;
}

void WindowActions::perform(MainWindow& w, const QString& id)
{
    if (id.startsWith(kCommand)) {
        if (QAction* action = w.m_actions->find(id.mid(kCommand.size())))
            action->trigger();
    } else if (id.startsWith(kStudy)) {
        protocol::RunSpec spec;
        spec.study = id.mid(kStudy.size()).toStdString();
        w.m_tabs->addDocument(spec);
    } else if (id.startsWith(kRun)) {
        w.openRun(id.mid(kRun.size()));
    }
}

} // namespace assay::workbench
