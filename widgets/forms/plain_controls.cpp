#include "widgets/forms/plain_controls.h"

#include "widgets/theme/theme.h"

#include <QAction>
#include <QCheckBox>
#include <QCompleter>
#include <QEvent>
#include <QHBoxLayout>
#include <QIcon>
#include <QLineEdit>
#include <QStringListModel>

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

void TextControl::setOffered(const std::vector<Json>& offered)
{
    QStringList texts;
    for (const Json& value : offered)
        if (value.is_string())
            texts << QString::fromStdString(value.get<std::string>());
    const Json& byDefault = field().defaultValue;
    if (const QString first =
            byDefault.is_string() ? QString::fromStdString(byDefault.get<std::string>()) : QString();
        !first.isEmpty()) {
        texts.removeAll(first);
        texts.prepend(first);
    }
    if (!m_offered)
        offer();
    if (m_offered->stringList() != texts) // the list may be open
        m_offered->setStringList(texts);
}

void TextControl::offer()
{
    m_offered = new QStringListModel(this);
    auto* completer = new QCompleter(m_offered, this);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    m_edit->setCompleter(completer);
    connect(completer, qOverload<const QString&>(&QCompleter::activated), this, [this](const QString& text) {
        m_edit->setText(text);
        step();
    });
    m_open = m_edit->addAction(QIcon(), QLineEdit::TrailingPosition);
    m_open->setObjectName(QStringLiteral("offered:") + QString::fromStdString(field().name));
    m_open->setToolTip(tr("Show what it can be"));
    refreshIcon();
    connect(m_open, &QAction::triggered, this, [this, completer] {
        m_edit->setFocus();
        completer->setCompletionPrefix({});
        completer->complete();
    });
}

void TextControl::refreshIcon()
{
    // Tinted with the palette, which the theme has set.
    if (m_open)
        m_open->setIcon(
            Theme::light().icon(QStringLiteral("chevron-down"), palette().color(QPalette::PlaceholderText)));
}

void TextControl::changeEvent(QEvent* event)
{
    FieldControl::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        refreshIcon();
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
