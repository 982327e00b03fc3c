#pragma once

#include "backend/protocol/json.h"
#include "widgets/forms/number_text.h"

#include <QString>
#include <QStringList>

/// A value as text for comparisons that fail readably; 1 and 1.0 are the same value of a form.
inline QString shown(const assay::Json& value)
{
    if (value.is_number())
        return assay::widgets::shortestNumber(value.get<double>());
    if (!value.is_structured())
        return QString::fromStdString(value.dump());
    QStringList items;
    for (const auto& [key, item] : value.items())
        items << (value.is_object() ? QString::fromStdString(key) + ": " : QString()) + shown(item);
    return (value.is_object() ? "{" : "[") + items.join(", ") + (value.is_object() ? "}" : "]");
}

/// The same for a list of values.
inline QString shown(const std::vector<assay::Json>& values)
{
    assay::Json array = assay::Json::array();
    for (const assay::Json& value : values)
        array.push_back(value);
    return shown(array);
}

#define COMPARE_JSON(actual, expected) QCOMPARE(shown(actual), shown(expected))
#define TRY_COMPARE_JSON(actual, expected) QTRY_COMPARE(shown(actual), shown(expected))
