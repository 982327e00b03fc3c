#include "widgets/forms/schema_form.h"

#include <QCoreApplication>

#include <algorithm>

namespace assay::widgets {

using protocol::Field;
using protocol::FieldType;

namespace {

struct ChoiceWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::FormChoices)
};

bool fits(const Field& field, const FormChoices::Choice& choice)
{
    if (field.type == FieldType::Dataset)
        return field.wants != "boxes" || choice.kind == QLatin1String("boxes");
    const bool detects = choice.kind == QLatin1String("detection");
    return field.wants == "any" || detects == (field.wants == "detection");
}

QString misfitOf(const Field& field, const FormChoices::Choice& choice)
{
    if (field.type == FieldType::Dataset)
        return ChoiceWords::tr("The images of “%1” have no boxes; choose a data set with boxes.")
            .arg(choice.title);
    if (field.wants == "detection")
        return ChoiceWords::tr("“%1” names classes; choose a model that finds objects.").arg(choice.title);
    return ChoiceWords::tr("“%1” finds objects; choose a model that names classes.").arg(choice.title);
}

} // namespace

QList<FormChoices::Choice> FormChoices::fitting(const Field& field) const
{
    QList<Choice> list = field.type == FieldType::Model ? models : datasets;
    list.removeIf([&](const Choice& choice) { return !fits(field, choice); });
    return list;
}

QString FormChoices::misfit(const Field& field, const Json& value) const
{
    if (field.type != FieldType::Model && field.type != FieldType::Dataset)
        return {};
    const QList<Choice>& known = field.type == FieldType::Model ? models : datasets;
    const Json names = value.is_array() ? value : Json::array({value});
    for (const Json& name : names) {
        const auto same = [&](const Choice& c) { return name == Json(c.name.toStdString()); };
        const auto it = std::find_if(known.begin(), known.end(), same);
        if (it != known.end() && !fits(field, *it))
            return misfitOf(field, *it);
    }
    return {};
}

} // namespace assay::widgets
