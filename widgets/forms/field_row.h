#pragma once

#include "widgets/forms/field_control.h"

#include <QObject>

class QGridLayout;
class QLabel;
class QToolButton;

namespace assay::widgets {

/// A field as it stands in the form: label, help, control, the button that resets it, and its problem.
/// The widgets belong to the parent widget they were made for.
class FieldRow : public QObject
{
    Q_OBJECT
public:
    /// @p live: for the bar of live parameters, without help icon and reset button.
    FieldRow(const protocol::Field& field, const FormChoices& choices, bool live, QWidget* parent);

    const protocol::Field& field() const { return m_control->field(); }
    FieldControl* control() const { return m_control; }
    int labelWidth() const;

    /// Fills rows of @p grid from @p row on (label, control, reset button in three columns).
    /// @returns the next free row.
    int placeIn(QGridLayout* grid, int row, int labelWidth);
    /// The row as one widget, label before control.
    QWidget* makeCell(QWidget* parent);

    /// @param sentence empty when there is none.
    void setProblem(const QString& sentence);
    /// What is wanted here, said under the control while its value has no problem; empty: nothing.
    void setNote(const QString& sentence);
    /// Whether the value is the default one, to which there is then no way back to offer.
    void setIsDefault(bool isDefault);
    void refreshIcons();

Q_SIGNALS:
    void resetRequested();

private:
    QWidget* makeLabel(QWidget* parent, bool withInfo);
    void showSentence();

    QLabel* m_label = nullptr;
    QToolButton* m_info = nullptr;
    QToolButton* m_reset = nullptr;
    QWidget* m_head = nullptr; ///< label and info icon; after these two, which making it sets
    FieldControl* m_control;
    QLabel* m_problem;
    QString m_problemText;
    QString m_note;
};

} // namespace assay::widgets
