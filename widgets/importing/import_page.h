#pragma once

#include "widgets/importing/import_list.h"
#include "widgets/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QScrollArea;

namespace assay::widgets {

class DetailsPane;
class ElidedLabel;
class FindingsView;
class ImportForm;
struct FormChoices;

/// One file of the import dialogue: what it was recognised as, what was found, and the form that corrects it.
class ImportPage : public QWidget
{
    Q_OBJECT
public:
    explicit ImportPage(QWidget* parent = nullptr);

    void setChoices(const FormChoices& choices);
    void setTheme(const Theme& theme);
    /// @param fresh another file than before: the page goes to its top.
    /// @returns whether the user is asked for something else than before.
    bool show(const ImportFile& file, bool fresh);
    const Json& corrections() const;
    bool isValid() const;
    /// Whether the keyboard is in the form.
    bool isEditing() const;
    /// Puts it where the user is asked.
    void focusAsked();

Q_SIGNALS:
    void corrected();
    void stopRequested();
    void lookRequested();

private:
    QWidget* makeHead();
    QWidget* makeBusyRow();
    void showHead();
    void showBusy();
    void showFindings();

    ImportFile m_file;
    Theme m_theme = Theme::light();
    QLabel* m_icon;
    ElidedLabel* m_name;
    QLabel* m_format;
    ElidedLabel* m_place;
    QWidget* m_busyRow = nullptr;
    QLabel* m_busyText;
    QProgressBar* m_busyBar;
    QPushButton* m_stop;
    QPushButton* m_look;
    QScrollArea* m_scroll;
    FindingsView* m_findings;
    ImportForm* m_form;
    DetailsPane* m_details;
    QTimer m_clock; ///< counts the seconds of a long wait
};

} // namespace assay::widgets
