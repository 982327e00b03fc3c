#include "widgets/studies/file_dialogs.h"

#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>
#include <QUrl>

#include <utility>

namespace assay::widgets {

namespace {

QFileDialog* makeDialog(QWidget* parent, const QString& title, const QString& filter,
                        FileDialogs::PathHandler handler)
{
    auto* dialog = new QFileDialog(parent, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setNameFilter(filter);
    QObject::connect(dialog, &QFileDialog::fileSelected, dialog,
                     [handler = std::move(handler)](const QString& path) {
                         if (!path.isEmpty())
                             handler(path);
                     });
    return dialog;
}

} // namespace

void DesktopFileDialogs::openFile(QWidget* parent, const QString& title, const QString& filter,
                                  PathHandler handler)
{
    QFileDialog* dialog = makeDialog(parent, title, filter, std::move(handler));
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->open();
}

void DesktopFileDialogs::openFiles(QWidget* parent, const QString& title, const QString& filter,
                                   PathsHandler handler)
{
    auto* dialog = new QFileDialog(parent, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setNameFilter(filter);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    QObject::connect(dialog, &QFileDialog::filesSelected, dialog,
                     [handler = std::move(handler)](const QStringList& paths) {
                         if (!paths.isEmpty())
                             handler(paths);
                     });
    dialog->open();
}

void DesktopFileDialogs::saveFile(QWidget* parent, const QString& title, const QString& suggestion,
                                  const QString& filter, PathHandler handler)
{
    QFileDialog* dialog = makeDialog(parent, title, filter, std::move(handler));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    // So that it asks before it replaces the file that is meant.
    dialog->setDefaultSuffix(QFileInfo(suggestion).suffix());
    dialog->selectFile(suggestion);
    dialog->open();
}

void DesktopFileDialogs::chooseFolder(QWidget* parent, const QString& title, PathHandler handler)
{
    QFileDialog* dialog = makeDialog(parent, title, QString(), std::move(handler));
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->open();
}

void DesktopFileDialogs::confirm(QWidget* parent, const QString& title, const QString& question,
                                 const QString& action, Handler agreed)
{
    auto* box = new QMessageBox(QMessageBox::Question, title, question, QMessageBox::Cancel, parent);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    QPushButton* button = box->addButton(action, QMessageBox::AcceptRole);
    box->setDefaultButton(QMessageBox::Cancel);
    QObject::connect(button, &QPushButton::clicked, box, [agreed = std::move(agreed)] { agreed(); });
    box->open();
}

void DesktopFileDialogs::reveal(const QString& folder)
{
    QDesktopServices::openUrl(QUrl::fromLocalFile(folder));
}

void DesktopFileDialogs::open(const QString& file)
{
    QDesktopServices::openUrl(QUrl::fromLocalFile(file));
}

} // namespace assay::widgets
