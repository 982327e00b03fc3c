#include "widgets/forms/plain_controls.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLineEdit>

namespace assay::widgets {

TextControl::TextControl(const protocol::Field& field, QWidget* parent)
    : FieldControl(field, parent)
    , m_edit(new QLineEdit(this))
{
    setMain(m_edit);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_edit);
    connect(m_edit, &QLineEdit::textEdited, this, &FieldControl::edited);
    connect(m_edit, &QLineEdit::editingFinished, this, &FieldControl::settled);
}

Json TextControl::value() const
{
    return m_edit->text().toStdString();
}

void TextControl::setValue(const Json& value)
{
    if (value.is_string() && value != this->value())
        m_edit->setText(QString::fromStdString(value.get<std::string>()));
}

BoolControl::BoolControl(const protocol::Field& field, QWidget* parent)
    : FieldControl(field, parent)
    , m_box(new QCheckBox(this))
{
    setMain(m_box);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_box);
    layout->addStretch(1);
    connect(m_box, &QCheckBox::clicked, this, &BoolControl::step);
}

Json BoolControl::value() const
{
    return m_box->isChecked();
}

void BoolControl::setValue(const Json& value)
{
    if (value.is_boolean())
        m_box->setChecked(value.get<bool>());
}

} // namespace assay::widgets
