#pragma once

#include "widgets/forms/field_control.h"

#include <QHash>

class QComboBox;

namespace assay::widgets {

class SegmentButton;

/// A few short choices, all in sight.
class SegmentsControl : public FieldControl
{
    Q_OBJECT
public:
    /// At most four choices of about thirty characters together.
    static bool suits(const protocol::Field& field);
    SegmentsControl(const protocol::Field& field, const QList<FormChoices::Choice>& choices, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    /// Three and more beside a label would make every side panel broad.
    bool isWide() const override { return m_buttons.size() > 2; }

private:
    QList<std::pair<QString, SegmentButton*>> m_buttons; ///< by value
};

/// One of many: title and detail in the list, what cannot be chosen greyed with its reason as tooltip.
/// A value that is not in the list, such as a path, is kept and shown as it is; a file dropped on the
/// control becomes its path where the field takes a model or a data set.
class ComboControl : public FieldControl
{
    Q_OBJECT
public:
    ComboControl(const protocol::Field& field, const QList<FormChoices::Choice>& choices, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    void setOffered(const std::vector<Json>& offered) override;
    void setBlank() override;

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void addChoice(const FormChoices::Choice& choice);

    QComboBox* m_combo;
    QHash<QString, FormChoices::Choice> m_known;
};

} // namespace assay::widgets
