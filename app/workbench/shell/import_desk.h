#pragma once

#include "app/workbench/shell/notice_bar.h"
#include "widgets/importing/workspace_history.h"
#include "widgets/studies/catalogue.h"
#include "widgets/studies/library_view.h"

#include <QPointer>

#include <functional>

namespace assay::widgets {
class FileDialogs;
class ImportDialog;
} // namespace assay::widgets

namespace assay::workbench {

/// What the window does with files from outside: opens the import dialogue over them, takes entries out of
/// the workspace, and says what happened with a way back. Everything it does can be undone.
class ImportDesk : public QObject
{
    Q_OBJECT
public:
    using Shelf = widgets::LibraryView::Shelf;

    ImportDesk(widgets::EngineClient& engine, widgets::FileDialogs& dialogs, QWidget* window);
    ~ImportDesk() override;

    QUndoStack& undoStack() { return m_history->stack(); }
    void setCatalogue(const widgets::Catalogue& catalogue);
    void setTheme(const widgets::Theme& theme);

    /// Shows a file or folder in the dialogue, which is opened when it is not.
    void take(const QString& path, const QString& hint = {});
    /// Asks for files; each goes to @p handler first, since figures and specifications can be chosen too.
    void chooseFiles(const std::function<void(const QString& path)>& handler);
    void chooseFolder();
    /// Takes an entry out of the workspace, or says why it stays.
    void remove(Shelf shelf, const QString& name);
    /// Looks at an entry's file as it is now, to put the result in the entry's place.
    void importAgain(Shelf shelf, const QString& name);

Q_SIGNALS:
    void noticed(const QString& tone, const QString& sentence,
                 const QList<assay::workbench::NoticeAction>& actions);
    void retracted(const QString& sentence);
    /// An entry has come into the library, or back.
    void appeared(assay::widgets::LibraryView::Shelf shelf, const QString& name);

private:
    struct Entry
    {
        bool own = false;
        QString title, path;
        Json known = Json::object(); ///< what the user said of it, as far as the catalogue tells
        bool imported = true;        ///< its file is elsewhere
        QString stays;               ///< why it cannot be removed; empty: it comes with Assay
    };
    std::optional<Entry> entry(Shelf shelf, const QString& name) const;
    void open();
    void takeImported(const QString& kind, const QString& name, const QString& path);
    void takeRemoved(const QString& kind, const QString& name, const QString& title);
    void takeRestored(const QString& kind, const QString& name);
    void say(const QString& kind, const QString& name, const QString& sentence);

    widgets::EngineClient& m_engine;
    widgets::FileDialogs& m_dialogs;
    QWidget* m_window;
    widgets::WorkspaceHistory* m_history;
    widgets::Catalogue m_catalogue;
    widgets::Theme m_theme = widgets::Theme::light();
    QPointer<widgets::ImportDialog> m_dialog;
    QString m_againPath;               ///< of the entry that is being replaced
    QHash<QString, QString> m_notices; ///< by kind and name: the sentence that is shown
};

} // namespace assay::workbench
