#include "widgets/importing/inspection.h"

#include "widgets/engine/json_read.h"

#include <QCoreApplication>
#include <QHash>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <exception>

namespace assay::widgets {

using protocol::Finding;

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::Inspection)
};

Finding::Level levelOf(const QString& name)
{
    if (name == QLatin1String("problem"))
        return Finding::Level::Problem;
    return name == QLatin1String("warning") ? Finding::Level::Warning : Finding::Level::Info;
}

/// "producer_version" -> "Producer version".
QString readable(const std::string& key)
{
    QString text = QString::fromStdString(key);
    text.replace(u'_', u' ');
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

QString scalarText(const Json& value)
{
    if (value.is_string())
        return QString::fromStdString(value.get<std::string>());
    if (value.is_boolean())
        return value.get<bool>() ? Words::tr("yes") : Words::tr("no");
    if (value.is_number_integer())
        return QLocale().toString(value.get<qint64>());
    if (value.is_number())
        return QLocale().toString(value.get<double>(), 'g', 6);
    if (value.is_null())
        return QStringLiteral("–");
    return QString::fromStdString(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool isShape(const Json& value)
{
    return value.is_array() &&
           std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_number_integer(); });
}

/// A cell: a shape as 64 × 3 × 7 × 7, anything else as it is.
QString cellText(const Json& value)
{
    if (!isShape(value))
        return scalarText(value);
    QStringList sizes;
    for (const Json& item : value)
        sizes << QString::number(item.get<qint64>());
    return sizes.isEmpty() ? Words::tr("one number") : sizes.join(QStringLiteral(" × "));
}

/// How a tensor does not fit, by the name of the list it is in; empty for other lists.
QString misfit(const std::string& key)
{
    if (key == "missing")
        return Words::tr("missing");
    if (key == "unexpected")
        return Words::tr("unexpected");
    if (key == "misshaped")
        return Words::tr("another shape");
    return {};
}

QString memberText(const Json& item, const char* key)
{
    const auto it = item.find(key);
    return it == item.end() ? QString() : cellText(*it);
}

void addTensors(DetailTable& table, const QString& how, const Json& list)
{
    for (const Json& item : list) {
        if (item.is_object())
            table.rows.append(
                {memberText(item, "name"), how, memberText(item, "expected"), memberText(item, "found")});
        else
            table.rows.append({scalarText(item), how, {}, {}});
    }
}

DetailTable tableOf(const QString& title, const Json& list)
{
    DetailTable table{title, {}, {}};
    std::vector<std::string> keys;
    for (const Json& item : list) {
        if (!item.is_object())
            continue;
        for (const auto& [key, value] : item.items()) {
            if (std::find(keys.begin(), keys.end(), key) == keys.end())
                keys.push_back(key);
        }
    }
    for (const std::string& key : keys)
        table.columns << readable(key);
    if (keys.empty())
        table.columns << title;
    for (const Json& item : list) {
        QStringList row;
        for (const std::string& key : keys)
            row << (item.is_object() ? memberText(item, key.c_str()) : QString());
        if (keys.empty())
            row << cellText(item);
        table.rows << row;
    }
    return table;
}

void collect(const Json& object, const QString& path, Details& details, DetailTable& tensors)
{
    for (const auto& [key, value] : object.items()) {
        const QString name = path.isEmpty() ? readable(key) : path + QStringLiteral(" · ") + readable(key);
        if (value.is_object()) {
            collect(value, name, details, tensors);
        } else if (!value.is_array()) {
            details.facts.append({name, scalarText(value)});
        } else if (const QString how = misfit(key); !how.isEmpty()) {
            addTensors(tensors, how, value);
        } else if (value.empty()) {
            continue; // a list of nothing says nothing
        } else if (isShape(value) && value.size() <= 6) {
            details.facts.append({name, cellText(value)});
        } else {
            details.tables.append(tableOf(name, value));
        }
    }
}

} // namespace

bool Inspection::hasProblem() const
{
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& f) { return f.level == Finding::Level::Problem; });
}

Inspection readInspection(const Json& reply)
{
    Inspection found;
    found.kind = textOf(reply, "kind");
    found.format = textOf(reply, "format");
    found.title = textOf(reply, "title");
    for (const Json& item : arrayOf(reply, "findings")) {
        const QString text = textOf(item, "text");
        if (!text.isEmpty())
            found.findings.push_back({levelOf(textOf(item, "level")), text.toStdString()});
    }
    for (const Json& item : arrayOf(reply, "asks")) {
        if (item.is_string())
            found.asks << QString::fromStdString(item.get<std::string>());
    }
    if (!reply.is_object())
        return found;
    if (const auto it = reply.find("values"); it != reply.end() && it->is_object())
        found.values = *it;
    if (const auto it = reply.find("details"); it != reply.end() && it->is_object())
        found.details = *it;
    try {
        if (const auto it = reply.find("schema"); it != reply.end() && !it->is_null())
            found.schema = protocol::schemaFromJson(*it);
    } catch (const std::exception& error) {
        found.findings.push_back(
            {Finding::Level::Warning,
             Words::tr("The engine's form cannot be shown (%1); what it found is used as it is.")
                 .arg(QString::fromUtf8(error.what()))
                 .toStdString()});
    }
    return found;
}

QString askedLabels(const Inspection& inspection)
{
    QStringList labels;
    for (const auto& field : inspection.schema.fields) {
        if (inspection.asks.contains(QString::fromStdString(field.name)))
            labels << QString::fromStdString(field.label.empty() ? field.name : field.label);
    }
    for (const QString& name : inspection.asks) {
        if (!inspection.schema.find(name.toStdString()))
            labels << name;
    }
    if (labels.size() < 2)
        return labels.join(QString());
    const QString last = labels.takeLast();
    return Words::tr("%1 and %2").arg(labels.join(QStringLiteral(", ")), last);
}

Details readDetails(const Json& json)
{
    Details details;
    DetailTable tensors{Words::tr("Tensors that do not fit"),
                        {Words::tr("Tensor"), Words::tr("What"), Words::tr("Expected"), Words::tr("Found")},
                        {}};
    if (json.is_object())
        collect(json, {}, details, tensors);
    if (!tensors.rows.isEmpty())
        details.tables.prepend(tensors);
    return details;
}

} // namespace assay::widgets
