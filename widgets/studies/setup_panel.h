#pragma once

#include "backend/protocol/run_spec.h"
#include "widgets/studies/catalogue.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QScrollArea;
class QToolButton;
class QUndoStack;

namespace assay::widgets {

class Theme;

/// Left side of a study document: what the study is, its parameters, seed, device, title, and Run.
class SetupPanel : public QWidget
{
    Q_OBJECT
public:
    explicit SetupPanel(QWidget* parent = nullptr);

    void setStudy(const StudyEntry& study, const Catalogue& catalogue);
    void setTheme(const Theme& theme);
    protocol::RunSpec spec() const;
    /// Puts a spec's values into the form; what it does not name keeps its default.
    void setSpec(const protocol::RunSpec& spec);
    /// Why Run cannot be pressed now, in a sentence; empty when it can.
    void setBlocked(const QString& reason);
    bool canRun() const;
    QUndoStack* undoStack() const;
    SchemaForm* form() const { return m_form; }

Q_SIGNALS:
    void runRequested();
    void edited();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void updateRun();

    StudyEntry m_study;
    QString m_blocked;
    QScrollArea* m_scroll;
    QLabel* m_title;
    QLabel* m_question;
    SchemaForm* m_form;
    QLineEdit* m_name;
    QLineEdit* m_seed;
    QToolButton* m_newSeed;
    QComboBox* m_device;
    QLabel* m_problem;
    QPushButton* m_run;
};

} // namespace assay::widgets
