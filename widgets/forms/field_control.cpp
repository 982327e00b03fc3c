#include "widgets/forms/field_control.h"

#include "widgets/forms/check_list_control.h"
#include "widgets/forms/choice_controls.h"
#include "widgets/forms/grid_slider_control.h"
#include "widgets/forms/list_control.h"
#include "widgets/forms/number_control.h"
#include "widgets/forms/object_control.h"
#include "widgets/forms/optional_control.h"
#include "widgets/forms/plain_controls.h"
#include "widgets/theme/theme.h"

namespace assay::widgets {

using protocol::Field;
using protocol::FieldType;

namespace {

bool isNumber(const Field& field)
{
    return field.type == FieldType::Integer || field.type == FieldType::Real;
}

QList<FormChoices::Choice> choicesOf(const Field& field, const FormChoices& choices)
{
    if (field.type == FieldType::Model || field.type == FieldType::Dataset)
        return choices.fitting(field);
    QList<FormChoices::Choice> list;
    for (std::size_t i = 0; i < field.choices.size(); ++i) {
        const QString name = QString::fromStdString(field.choices[i]);
        const bool labelled = i < field.choiceLabels.size() && !field.choiceLabels[i].empty();
        list.append({name, labelled ? QString::fromStdString(field.choiceLabels[i]) : name, {}, {}});
    }
    return list;
}

FieldControl* createRequired(const Field& field, const FormChoices& choices, bool live, QWidget* parent)
{
    if (field.type == FieldType::Object)
        return new ObjectControl(field, choices, parent);
    const bool named =
        field.type == FieldType::Model || field.type == FieldType::Dataset || field.type == FieldType::Choice;
    if (named && field.list)
        return new CheckListControl(field, choicesOf(field, choices), parent);
    if (field.list)
        return new ListControl(field, parent);
    if (isNumber(field) && !field.valuesFrom.empty())
        return new GridSliderControl(field, parent);
    if (isNumber(field))
        return new NumberControl(field, live, parent);
    if (field.type == FieldType::Bool)
        return new BoolControl(field, parent);
    if (field.type == FieldType::Choice && SegmentsControl::suits(field))
        return new SegmentsControl(field, choicesOf(field, choices), parent);
    if (named || !field.valuesFrom.empty())
        return new ComboControl(field, choicesOf(field, choices), parent);
    return new TextControl(field, parent);
}

} // namespace

FieldControl* FieldControl::create(const Field& field, const FormChoices& choices, bool live, QWidget* parent)
{
    // A value out of another field's list has nothing to be switched off: null then means its first one.
    if (!field.optional || !field.valuesFrom.empty())
        return createRequired(field, choices, live, parent);
    const auto inner = [&](QWidget* owner) { return createRequired(field, choices, live, owner); };
    return new OptionalControl(field, inner, parent);
}

FieldControl::FieldControl(const Field& field, QWidget* parent)
    : QWidget(parent)
    , m_field(field)
{}

void FieldControl::setOffered(const std::vector<Json>&) {}

void FieldControl::setProblem(bool problem)
{
    mark("problem", problem);
}

void FieldControl::setAsked(bool asked)
{
    mark("asked", asked);
}

void FieldControl::mark(const char* property, bool on)
{
    QWidget* main = focusProxy();
    if (!main || main->property(property).toBool() == on)
        return;
    main->setProperty(property, on);
    Theme::refresh(main);
}

void FieldControl::setMain(QWidget* widget)
{
    widget->setObjectName(QStringLiteral("field:") + QString::fromStdString(m_field.name));
    widget->setAccessibleName(QString::fromStdString(m_field.label));
    widget->setAccessibleDescription(QString::fromStdString(m_field.help));
    widget->setWhatsThis(QString::fromStdString(m_field.help));
    setFocusProxy(widget);
}

void FieldControl::step()
{
    Q_EMIT edited();
    Q_EMIT settled();
}

} // namespace assay::widgets
