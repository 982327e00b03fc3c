#pragma once

#include "app/workbench/shell/main_window.h"
#include "widgets/studies/file_dialogs.h"

#include <QImage>
#include <QTemporaryDir>

#include <memory>

namespace assay::test {

/// Answers every question in advance.
class AnsweringDialogs : public widgets::FileDialogs
{
public:
    QString path;       ///< for files and folders
    bool agrees = true; ///< to confirm()
    QStringList asked;  ///< titles of the questions, in order
    QString revealed;

    void openFile(QWidget*, const QString& title, const QString&, PathHandler handler) override;
    void saveFile(QWidget*, const QString& title, const QString&, const QString&,
                  PathHandler handler) override;
    void chooseFolder(QWidget*, const QString& title, PathHandler handler) override;
    void confirm(QWidget*, const QString& title, const QString&, const QString&, Handler agreed) override;
    void reveal(const QString& folder) override { revealed = folder; }
};

/// The real window over the real engine, in a temporary workspace with settings of its own.
class WindowDriver
{
public:
    /// @param size of the window; it is shown at once.
    explicit WindowDriver(QSize size = {1280, 860},
                          workbench::ThemeKeeper::Choice appearance = workbench::ThemeKeeper::Choice::Light);
    ~WindowDriver();

    workbench::MainWindow& window() { return *m_window; }
    AnsweringDialogs& dialogs() { return m_dialogs; }
    QString workspace() const { return m_folder.path() + QStringLiteral("/workspace"); }
    QString folder() const { return m_folder.path(); }

    /// Closes the window, and shows a new one of the same workspace.
    void reopen();
    void close();
    bool waitForCatalogue();
    /// A document of `transfer.class-aware` with few images, two targets and two radii.
    widgets::StudyDocument* smallStudy();
    /// Runs the document in front to its end.
    bool run(widgets::StudyDocument* document);
    /// Lets what is on its way arrive and be painted.
    void settle(int ms = 400);
    /// Writes what the window looks like to screenshots/NAME.png of the build folder.
    QImage screenshot(const QString& name);

    template <class T>
    T* find(const QString& name, QWidget* below = nullptr)
    {
        return (below ? below : m_window.get())->template findChild<T*>(name);
    }

private:
    void open();

    QTemporaryDir m_folder;
    QSize m_size;
    workbench::ThemeKeeper::Choice m_appearance;
    AnsweringDialogs m_dialogs;
    std::unique_ptr<workbench::MainWindow> m_window;
};

} // namespace assay::test
