#include "widgets/forms/form_values.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

using protocol::Field;
using protocol::FieldType;
using protocol::Schema;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("SchemaForm", text);
}

bool holds(const std::vector<Json>& offered, const Json& value)
{
    return std::find(offered.begin(), offered.end(), value) != offered.end();
}

Json nearest(const std::vector<Json>& offered, const Json& value)
{
    if (!value.is_number())
        return offered.front();
    const double wanted = value.get<double>();
    const auto distance = [&](const Json& j) {
        return j.is_number() ? std::abs(j.get<double>() - wanted) : HUGE_VAL;
    };
    return *std::min_element(offered.begin(), offered.end(),
                             [&](const Json& a, const Json& b) { return distance(a) < distance(b); });
}

QString nothingChosen(const Field& field, const Json& value)
{
    const bool model = field.type == FieldType::Model;
    if (!model && field.type != FieldType::Dataset)
        return {};
    if (!field.list)
        return value == "" ? (model ? tr("Choose a model.") : tr("Choose a data set.")) : QString();
    if (!value.is_array() || value.size() >= field.minItems)
        return {};
    if (field.minItems == 1)
        return model ? tr("Choose a model.") : tr("Choose a data set.");
    return (model ? tr("Choose at least %1 models.") : tr("Choose at least %1 data sets."))
        .arg(field.minItems);
}

std::vector<Json> offeredParts(const Field& field, const Json& values)
{
    std::vector<Json> offered;
    for (const protocol::ObjectPart& part : field.parts) {
        const auto holdsKey = [&](const std::string& name) {
            const Json held = values.value(name, Json());
            return held.is_array() ? std::find(held.begin(), held.end(), Json(part.key)) != held.end()
                                   : held == Json(part.key);
        };
        if (std::any_of(field.partsFrom.begin(), field.partsFrom.end(), holdsKey))
            offered.push_back(part.key);
    }
    return offered;
}

/// Whether the default of a text is something beside what the field it takes its values from can hold.
bool standsForOthers(const Schema& schema, const Field& field)
{
    const Field* source = schema.find(field.valuesFrom);
    if (!source || source->type != FieldType::Choice || field.type != FieldType::Text || field.list ||
        !field.defaultValue.is_string())
        return false;
    const std::string name = field.defaultValue.get<std::string>();
    return !name.empty() &&
           std::find(source->choices.begin(), source->choices.end(), name) == source->choices.end();
}

} // namespace

std::vector<Json> offeredValues(const Schema& schema, const Field& field, const Json& values)
{
    if (!field.partsFrom.empty())
        return offeredParts(field, values);
    std::vector<Json> offered;
    const auto source = values.find(field.valuesFrom);
    if (field.valuesFrom.empty() || source == values.end())
        return offered;
    if (standsForOthers(schema, field))
        offered.push_back(field.defaultValue);
    Field item = field;
    item.list = false;
    const Json list = source->is_array() ? *source : Json::array({*source});
    for (const Json& value : list) {
        if (!holds(offered, value) && protocol::problems({{item}}, {{item.name, value}}).empty())
            offered.push_back(value);
    }
    return offered;
}

void followSources(const Schema& schema, Json& values)
{
    for (const Field& field : schema.fields) {
        if (field.valuesFrom.empty())
            continue;
        const std::vector<Json> offered = offeredValues(schema, field, values);
        if (offered.empty() || values[field.name].is_null())
            continue;
        Json& value = values[field.name];
        if (!field.list) {
            if (!holds(offered, value))
                value = nearest(offered, value);
            continue;
        }
        Json kept = Json::array();
        for (const Json& item : value) {
            if (holds(offered, item))
                kept.push_back(item);
        }
        value = std::move(kept);
    }
}

bool differOnlyLive(const Schema& schema, const Json& before, const Json& after)
{
    return std::all_of(schema.fields.begin(), schema.fields.end(), [&](const Field& field) {
        return field.live || before.value(field.name, Json()) == after.value(field.name, Json());
    });
}

std::map<std::string, QString> formProblems(const Schema& schema, const Json& values)
{
    std::map<std::string, QString> sentences;
    for (const auto& [name, problem] : protocol::problems(schema, values)) {
        const Field* field = schema.find(name);
        if (!field)
            continue;
        QString sentence = nothingChosen(*field, values.value(name, Json()));
        if (sentence.isEmpty()) {
            sentence = QString::fromStdString(problem);
            const QString quoted = QStringLiteral("'%1'").arg(QString::fromStdString(name));
            if (sentence.startsWith(quoted))
                sentence.replace(0, quoted.size(), QString::fromStdString(field->label));
            if (!sentence.endsWith(u'.'))
                sentence += u'.';
        }
        sentences[name] = sentence;
    }
    return sentences;
}

} // namespace assay::widgets
