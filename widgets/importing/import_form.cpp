#include "widgets/importing/import_form.h"

#include <QApplication>
#include <QLineEdit>
#include <QVBoxLayout>

#include <algorithm>
#include <map>

namespace assay::widgets {

namespace {

/// Where the keyboard is inside a form, in words that outlive the form's controls.
struct Place
{
    QString name;
    int cursor = -1;
};

QLineEdit* editOf(QWidget* control)
{
    if (auto* edit = qobject_cast<QLineEdit*>(control))
        return edit;
    return control ? control->findChild<QLineEdit*>() : nullptr;
}

Place placeIn(QWidget* form)
{
    for (QWidget* at = QApplication::focusWidget(); at && form->isAncestorOf(at); at = at->parentWidget()) {
        if (!at->objectName().contains(u':'))
            continue;
        const QLineEdit* edit = editOf(at);
        return {at->objectName(), edit ? edit->cursorPosition() : -1};
    }
    return {};
}

void restore(QWidget* form, const Place& place)
{
    auto* control = place.name.isEmpty() ? nullptr : form->findChild<QWidget*>(place.name);
    if (!control)
        return;
    control->setFocus(Qt::OtherFocusReason);
    if (QLineEdit* edit = editOf(control); edit && place.cursor >= 0) {
        edit->deselect();
        edit->setCursorPosition(place.cursor);
    }
}

} // namespace

ImportForm::ImportForm(QWidget* parent)
    : QWidget(parent)
    , m_form(new SchemaForm(this))
{
    m_form->setObjectName(QStringLiteral("importForm"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_form);
    connect(m_form, &SchemaForm::edited, this, &ImportForm::takeEdit);
}

void ImportForm::setChoices(const FormChoices& choices)
{
    m_choices = choices;
    const bool shown = std::any_of(m_schema.fields.begin(), m_schema.fields.end(), [](const auto& field) {
        return field.type == protocol::FieldType::Model || field.type == protocol::FieldType::Dataset;
    });
    if (shown)
        rebuild();
}

void ImportForm::show(const Inspection& inspection, const Json& corrections)
{
    m_corrections = corrections;
    const bool other = !(inspection.schema == m_schema);
    const Place place = placeIn(m_form);
    if (other) {
        m_schema = inspection.schema;
        m_form->setSchema(m_schema, m_choices);
    }
    Json wanted = protocol::defaults(m_schema);
    for (const auto& [key, value] : inspection.values.items()) {
        if (m_schema.find(key))
            wanted[key] = value;
    }
    // What the user said stands, also where the engine has refused it: it is there to be mended.
    for (const auto& [key, value] : corrections.items()) {
        if (m_schema.find(key))
            wanted[key] = value;
    }
    // Setting values forgets the steps of undo: only when there is something new.
    if (other || wanted != m_form->values())
        m_form->setValues(wanted);
    m_shown = m_form->values();
    m_asks = inspection.asks;
    showNotes();
    if (other)
        restore(m_form, place);
    m_form->setVisible(!m_schema.fields.empty());
}

bool ImportForm::hasFocusInside() const
{
    return isAncestorOf(QApplication::focusWidget());
}

void ImportForm::focusAsked()
{
    const auto focusOn = [this](const std::string& field) {
        const QString name = QString::fromStdString(field);
        for (const QString& kind : {QStringLiteral("field:"), QStringLiteral("automatic:")}) {
            auto* control = m_form->findChild<QWidget*>(kind + name);
            if (control && control->isEnabled() && control->isVisibleTo(m_form)) {
                control->setFocus(Qt::TabFocusReason);
                return true;
            }
        }
        return false;
    };
    for (const auto& field : m_schema.fields) {
        if (m_asks.contains(QString::fromStdString(field.name)) && focusOn(field.name))
            return;
    }
    for (const auto& field : m_schema.fields) {
        if (focusOn(field.name))
            return;
    }
}

void ImportForm::takeEdit()
{
    const Json now = m_form->values();
    for (const auto& [key, value] : now.items()) {
        if (m_shown.contains(key) && m_shown[key] == value)
            continue;
        if (value.is_null())
            m_corrections.erase(key);
        else
            m_corrections[key] = value;
    }
    m_shown = now;
    Q_EMIT corrected();
}

void ImportForm::rebuild()
{
    const Json values = m_form->values();
    const Place place = placeIn(m_form);
    m_form->setSchema(m_schema, m_choices);
    m_form->setValues(values);
    showNotes();
    restore(m_form, place);
}

void ImportForm::showNotes()
{
    std::map<std::string, QString> notes;
    for (const QString& name : m_asks)
        notes[name.toStdString()] = tr("Only you can know this: fill it in.");
    m_form->setNotes(notes);
}

} // namespace assay::widgets
