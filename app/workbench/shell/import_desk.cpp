#include "app/workbench/shell/import_desk.h"

#include "widgets/importing/import_dialog.h"
#include "widgets/studies/file_dialogs.h"

#include <QWidget>

namespace assay::workbench {

using widgets::ImportDialog;
using widgets::WorkspaceHistory;

namespace {

QString kindOf(ImportDesk::Shelf shelf)
{
    return shelf == ImportDesk::Shelf::Models    ? QStringLiteral("model")
           : shelf == ImportDesk::Shelf::Attacks ? QStringLiteral("attack")
                                                 : QStringLiteral("data");
}

ImportDesk::Shelf shelfOf(const QString& kind)
{
    return kind == QLatin1String("model")    ? ImportDesk::Shelf::Models
           : kind == QLatin1String("attack") ? ImportDesk::Shelf::Attacks
                                             : ImportDesk::Shelf::Data;
}

QString keyOf(const QString& kind, const QString& name)
{
    return kind + QLatin1Char('/') + name;
}

} // namespace

ImportDesk::ImportDesk(widgets::EngineClient& engine, widgets::FileDialogs& dialogs, QWidget* window)
    : QObject(window)
    , m_engine(engine)
    , m_dialogs(dialogs)
    , m_window(window)
    , m_history(new WorkspaceHistory(widgets::askOf(engine), this))
{
    connect(m_history, &WorkspaceHistory::removed, this, &ImportDesk::takeRemoved);
    connect(m_history, &WorkspaceHistory::restored, this, &ImportDesk::takeRestored);
    connect(m_history, &WorkspaceHistory::failed, this,
            [this](const QString& sentence) { Q_EMIT noticed(QStringLiteral("bad"), sentence, {}); });
}

ImportDesk::~ImportDesk()
{
    delete m_dialog;
    m_history->cancelReplacing(); // an entry that was to be replaced is not lost with the window
}

void ImportDesk::setCatalogue(const widgets::Catalogue& catalogue)
{
    m_catalogue = catalogue;
    if (m_dialog)
        m_dialog->setChoices(m_catalogue.choices());
}

void ImportDesk::setTheme(const widgets::Theme& theme)
{
    m_theme = theme;
    if (m_dialog)
        m_dialog->setTheme(theme);
}

void ImportDesk::open()
{
    if (m_dialog)
        return;
    m_dialog = new ImportDialog(widgets::askOf(m_engine), m_window);
    m_dialog->setAttribute(Qt::WA_DeleteOnClose);
    m_dialog->setChoices(m_catalogue.choices());
    m_dialog->setTheme(m_theme);
    connect(m_dialog, &ImportDialog::imported, this, &ImportDesk::takeImported);
    connect(m_dialog, &QDialog::finished, this, [this] {
        m_dialog = nullptr; // it goes with the event loop's next turn; files that come now get another
        m_againPath.clear();
        m_history->cancelReplacing();
    });
    m_dialog->open();
}

void ImportDesk::take(const QString& path, const QString& hint)
{
    open();
    m_dialog->add(path, hint);
}

void ImportDesk::chooseFiles(const std::function<void(const QString&)>& handler)
{
    m_dialogs.openFiles(m_window, tr("Import files"), tr("All files (*)"),
                        [handler](const QStringList& paths) {
                            for (const QString& path : paths)
                                handler(path);
                        });
}

void ImportDesk::chooseFolder()
{
    m_dialogs.chooseFolder(m_window, tr("Import a folder"), [this](const QString& path) { take(path); });
}

std::optional<ImportDesk::Entry> ImportDesk::entry(Shelf shelf, const QString& name) const
{
    if (shelf == Shelf::Models) {
        if (const auto* model = m_catalogue.model(name)) {
            Json known = {{"name", name.toStdString()}, {"title", model->title.toStdString()}};
            if (!model->dataset.isEmpty())
                known["dataset"] = model->dataset.toStdString();
            return Entry{model->isOwn(), model->title.isEmpty() ? name : model->title, model->file, known};
        }
    } else if (shelf == Shelf::Attacks) {
        if (const auto* attack = m_catalogue.attack(name)) {
            Entry found{attack->own, attack->title.isEmpty() ? name : attack->title, attack->file};
            found.known = {{"name", name.section(QLatin1Char(':'), 1).toStdString()}};
            if (attack->available)
                found.known["title"] = attack->title.toStdString();
            found.imported = attack->imported;
            if (attack->script)
                found.stays = tr("“%1” is not of this workspace alone: its file is %2. Delete it there.")
                                  .arg(found.title, attack->file);
            return found;
        }
    } else if (const auto* data = m_catalogue.dataset(name)) {
        const Json known = {{"name", name.toStdString()}, {"title", data->title.toStdString()}};
        return Entry{data->own, data->title.isEmpty() ? name : data->title, data->location, known};
    }
    return std::nullopt;
}

void ImportDesk::remove(Shelf shelf, const QString& name)
{
    const auto found = entry(shelf, name);
    if (!found)
        return;
    if (found->own)
        m_history->remove(kindOf(shelf), name, found->title);
    else
        Q_EMIT noticed(
            QStringLiteral("accent"),
            found->stays.isEmpty()
                ? tr("“%1” comes with Assay, is in every workspace and cannot be removed.").arg(found->title)
                : found->stays,
            {});
}

void ImportDesk::importAgain(Shelf shelf, const QString& name)
{
    const auto found = entry(shelf, name);
    if (!found || !found->own || !found->imported || m_dialog)
        return;
    // The name is free while the dialogue is open; closing it without an import puts the entry back.
    m_history->beginReplacing(kindOf(shelf), name, found->title);
    m_againPath = found->path;
    open();
    m_dialog->add(found->path, {}, found->known);
}

void ImportDesk::takeImported(const QString& kind, const QString& name, const QString& path)
{
    if (m_history->isReplacing() && path == m_againPath) {
        m_againPath.clear();
        m_history->finishReplacing(name);
    } else {
        m_history->addImport(kind, name, name);
    }
    say(kind, name, tr("“%1” is in the workspace. Its files stay where they are.").arg(name));
    Q_EMIT appeared(shelfOf(kind), name);
}

void ImportDesk::takeRemoved(const QString& kind, const QString& name, const QString& title)
{
    if (m_history->isReplacing())
        return;
    say(kind, name, tr("“%1” was taken out of the workspace. Your files were not touched.").arg(title));
}

void ImportDesk::takeRestored(const QString& kind, const QString& name)
{
    Q_EMIT retracted(m_notices.take(keyOf(kind, name)));
    Q_EMIT appeared(shelfOf(kind), name);
}

void ImportDesk::say(const QString& kind, const QString& name, const QString& sentence)
{
    // One notice a thing: what was said of it before is no longer true.
    if (const QString before = m_notices.take(keyOf(kind, name)); !before.isEmpty())
        Q_EMIT retracted(before);
    m_notices.insert(keyOf(kind, name), sentence);
    Q_EMIT noticed(QStringLiteral("good"), sentence,
                   {{tr("Undo"), [this, kind, name] { m_history->revert(kind, name); }}});
}

} // namespace assay::workbench
