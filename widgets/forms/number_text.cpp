#include "widgets/forms/number_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <cmath>

namespace assay::widgets {

namespace {

constexpr int kMostCharacters = 12;
constexpr int kRoundedDigits = 6;

} // namespace

QString shortestNumber(double value)
{
    const double size = std::abs(value);
    if (size == 0)
        return QStringLiteral("0");
    const bool plain = size >= 1e-4 && size < 1e7;
    QLocale locale = QLocale::c();
    locale.setNumberOptions(QLocale::OmitGroupSeparator | QLocale::OmitLeadingZeroInExponent);
    return locale.toString(value, plain ? 'f' : 'e', QLocale::FloatingPointShortest);
}

QString shownNumber(double value)
{
    const QString exact = shortestNumber(value);
    return exact.size() > kMostCharacters ? QString::number(value, 'g', kRoundedDigits) : exact;
}

QString valueText(const Json& value)
{
    if (value.is_null())
        return QCoreApplication::translate("SchemaForm", "automatic");
    if (value.is_boolean())
        return value.get<bool>() ? QCoreApplication::translate("SchemaForm", "on")
                                 : QCoreApplication::translate("SchemaForm", "off");
    if (value.is_number_integer())
        return QString::number(value.get<qint64>());
    if (value.is_number())
        return shortestNumber(value.get<double>());
    if (value.is_string())
        return QString::fromStdString(value.get<std::string>());
    if (value.is_object())
        return value.empty() ? QCoreApplication::translate("SchemaForm", "the defaults")
                             : QString::fromStdString(value.dump());
    QStringList items;
    for (const Json& item : value)
        items << valueText(item);
    return items.join(QStringLiteral(", "));
}

} // namespace assay::widgets
