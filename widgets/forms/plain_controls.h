#pragma once

#include "widgets/forms/field_control.h"

class QCheckBox;
class QLineEdit;

namespace assay::widgets {

class TextControl : public FieldControl
{
    Q_OBJECT
public:
    TextControl(const protocol::Field& field, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;

private:
    QLineEdit* m_edit;
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
