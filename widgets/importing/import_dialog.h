#pragma once

#include "widgets/importing/import_list.h"
#include "widgets/theme/theme.h"

#include <QDialog>

class QLabel;
class QListView;
class QPushButton;

namespace assay::widgets {

class ImportFileDelegate;
class ImportPage;
struct FormChoices;

/// Takes files and folders into the workspace: shows what the engine recognised, lets it be corrected, and
/// imports what is ready. Never waits: the engine's answers come when they come. More files can be dropped on
/// it. Closes itself when everything in it is imported.
class ImportDialog : public QDialog
{
    Q_OBJECT
public:
    ImportDialog(AskEngine ask, QWidget* parent);

    /// Models and data sets that form fields can be chosen from.
    void setChoices(const FormChoices& choices);
    void setTheme(const Theme& theme);
    /// Adds a file or folder; the first one is shown. @p hint: what the window found out about it.
    /// @p corrections: values that are known already.
    void add(const QString& path, const QString& hint = {}, const Json& corrections = Json::object());

    const ImportList& files() const { return *m_files; }
    int currentRow() const { return m_row; }
    void setCurrentRow(int row);

Q_SIGNALS:
    /// A card was written for @p path.
    void imported(const QString& kind, const QString& name, const QString& path);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makeFoot();
    void showFile(int row, bool fresh);
    void takeChange(int row);
    void takeImported(const QString& kind, const QString& name, const QString& path);
    void updateFoot();

    ImportList* m_files;
    int m_row = -1;
    QListView* m_view;
    ImportFileDelegate* m_delegate;
    ImportPage* m_page;
    QLabel* m_reason;
    QPushButton* m_importAll;
    QPushButton* m_import;
    QPushButton* m_close;
};

} // namespace assay::widgets
