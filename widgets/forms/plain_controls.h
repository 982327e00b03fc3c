#pragma once

#include "widgets/forms/field_control.h"

class QAction;
class QCheckBox;
class QLineEdit;
class QStringListModel;

namespace assay::widgets {

/// A line of text. Where values are offered they open below the line, the field's default first, and others
/// can still be typed.
class TextControl : public FieldControl
{
    Q_OBJECT
public:
    TextControl(const protocol::Field& field, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    void setOffered(const std::vector<Json>& offered) override;

protected:
    void changeEvent(QEvent* event) override;

private:
    void offer();
    void refreshIcon();

    QLineEdit* m_edit;
    // Both once something was offered.
    QStringListModel* m_offered = nullptr;
    QAction* m_open = nullptr;
};

class BoolControl : public FieldControl
{
    Q_OBJECT
public:
    BoolControl(const protocol::Field& field, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;

private:
    QCheckBox* m_box;
};

} // namespace assay::widgets
