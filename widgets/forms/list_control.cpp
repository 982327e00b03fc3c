#include "widgets/forms/list_control.h"

#include "widgets/forms/number_text.h"
#include "widgets/forms/token_edit.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QRegularExpression>

#include <cmath>

namespace assay::widgets {

namespace {

bool isText(const protocol::Field& field)
{
    return field.type == protocol::FieldType::Text || field.type == protocol::FieldType::Bool;
}

QList<QRegularExpressionMatch> tokensOf(const protocol::Field& field, const QString& line)
{
    static const QRegularExpression words(QStringLiteral("[^,\\s](?:[^,]*[^,\\s])?"));
    static const QRegularExpression numbers(QStringLiteral("[^,;\\s]+"));
    QList<QRegularExpressionMatch> tokens;
    auto it = (isText(field) ? words : numbers).globalMatch(line);
    while (it.hasNext())
        tokens.append(it.next());
    return tokens;
}

Json valueOf(const protocol::Field& field, const QString& token)
{
    if (isText(field))
        return token.toStdString();
    bool isNumber = false;
    const double number = QLocale::c().toDouble(token, &isNumber);
    if (!isNumber || !std::isfinite(number))
        return token.toStdString();
    if (field.type == protocol::FieldType::Integer && std::trunc(number) == number && std::abs(number) < 9e15)
        return std::int64_t(number);
    return number;
}

bool isAllowed(const protocol::Field& field, const Json& value)
{
    protocol::Field item = field;
    item.list = false;
    return protocol::problems({{item}}, {{item.name, value}}).empty();
}

} // namespace

ListControl::ListControl(const protocol::Field& field, QWidget* parent)
    : FieldControl(field, parent)
    , m_edit(new TokenEdit(this))
{
    setMain(m_edit);
    if (field.defaultValue.is_array())
        m_edit->setPlaceholderText(valueText(field.defaultValue));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_edit);
    connect(m_edit, &QLineEdit::textEdited, this, [this] {
        markTokens();
        Q_EMIT edited();
    });
    connect(m_edit, &QLineEdit::editingFinished, this, [this] {
        const QString tidy = valueText(value());
        if (tidy != m_edit->text()) {
            m_edit->setText(tidy);
            markTokens();
        }
        Q_EMIT settled();
    });
}

Json ListControl::value() const
{
    Json values = Json::array();
    for (const auto& token : tokensOf(field(), m_edit->text()))
        values.push_back(valueOf(field(), token.captured()));
    return values;
}

void ListControl::setValue(const Json& value)
{
    const Json list = value.is_array() ? value : value.is_null() ? Json::array() : Json::array({value});
    if (list == this->value())
        return;
    m_edit->setText(valueText(list));
    m_edit->setCursorPosition(0);
    markTokens();
}

void ListControl::markTokens()
{
    QList<TokenEdit::Token> tokens;
    for (const auto& token : tokensOf(field(), m_edit->text()))
        tokens.append({token.capturedStart(), token.capturedLength(),
                       isAllowed(field(), valueOf(field(), token.captured()))});
    m_edit->setTokens(std::move(tokens));
}

} // namespace assay::widgets
