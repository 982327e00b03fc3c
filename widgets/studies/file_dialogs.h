#pragma once

#include <QString>
#include <QStringList>

#include <functional>

class QWidget;

namespace assay::widgets {

/// Asks the user for files and for consent, without a nested event loop: every question returns at once
/// and calls back on the GUI thread when answered; an abandoned question never calls back. Tests answer
/// through an implementation of their own.
class FileDialogs
{
public:
    virtual ~FileDialogs() = default;

    using PathHandler = std::function<void(const QString& path)>;
    using PathsHandler = std::function<void(const QStringList& paths)>;
    using Handler = std::function<void()>;

    virtual void openFile(QWidget* parent, const QString& title, const QString& filter,
                          PathHandler handler) = 0;
    /// One or several files; by default one.
    virtual void openFiles(QWidget* parent, const QString& title, const QString& filter, PathsHandler handler)
    {
        openFile(parent, title, filter, [handler](const QString& path) { handler({path}); });
    }
    virtual void saveFile(QWidget* parent, const QString& title, const QString& suggestion,
                          const QString& filter, PathHandler handler) = 0;
    virtual void chooseFolder(QWidget* parent, const QString& title, PathHandler handler) = 0;
    /// @p action is the text of the button that does it; @p agreed is called when it is pressed.
    virtual void confirm(QWidget* parent, const QString& title, const QString& question,
                         const QString& action, Handler agreed) = 0;
    /// Opens a folder in the desktop's file manager.
    virtual void reveal(const QString& folder) = 0;
    /// Opens a file with the program that the desktop has for it.
    virtual void open(const QString& file) { reveal(file); }
};

/// The desktop's own dialogs.
class DesktopFileDialogs : public FileDialogs
{
public:
    void openFile(QWidget* parent, const QString& title, const QString& filter, PathHandler handler) override;
    void openFiles(QWidget* parent, const QString& title, const QString& filter,
                   PathsHandler handler) override;
    void saveFile(QWidget* parent, const QString& title, const QString& suggestion, const QString& filter,
                  PathHandler handler) override;
    void chooseFolder(QWidget* parent, const QString& title, PathHandler handler) override;
    void confirm(QWidget* parent, const QString& title, const QString& question, const QString& action,
                 Handler agreed) override;
    void reveal(const QString& folder) override;
    void open(const QString& file) override;
};

} // namespace assay::widgets
