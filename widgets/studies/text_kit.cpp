#include "widgets/studies/text_kit.h"

#include <QCoreApplication>
#include <QHash>

#include <algorithm>

namespace assay::widgets {

QLabel* makeText(const char* kind, const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    if (kind && *kind)
        label->setProperty("kind", QString::fromLatin1(kind));
    return label;
}

QLabel* makeParagraph(const char* kind, const QString& text, QWidget* parent)
{
    auto* label = new Paragraph(text, parent);
    if (kind && *kind)
        label->setProperty("kind", QString::fromLatin1(kind));
    return label;
}

Paragraph::Paragraph(const QString& text, QWidget* parent)
    : QLabel(text, parent)
{
    setTextFormat(Qt::PlainText);
    setWordWrap(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

int Paragraph::heightForWidth(int width) const
{
    if (m_measured.width != width || m_measured.text != text() || m_measured.font != font()) {
        const QMargins around = contentsMargins() + QMargins(margin(), margin(), margin(), margin());
        const QRect room(0, 0, std::max(1, width - around.left() - around.right()), QWIDGETSIZE_MAX);
        const int height =
            text().isEmpty() ? 0 : fontMetrics().boundingRect(room, Qt::TextWordWrap, text()).height();
        m_measured = {text(), font(), width, height + around.top() + around.bottom()};
    }
    return m_measured.height;
}

QSize Paragraph::sizeHint() const
{
    const int width =
        std::min(fontMetrics().averageCharWidth() * 50, fontMetrics().horizontalAdvance(text()) + 2);
    return {width, heightForWidth(width)};
}

QSize Paragraph::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 8, text().isEmpty() ? 0 : fontMetrics().height()};
}

ElidedLabel::ElidedLabel(const char* kind, QWidget* parent)
    : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setProperty("kind", QString::fromLatin1(kind));
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

void ElidedLabel::setWholeText(const QString& text)
{
    m_whole = text;
    elide();
}

void ElidedLabel::setElideMode(Qt::TextElideMode mode)
{
    m_mode = mode;
    elide();
}

void ElidedLabel::resizeEvent(QResizeEvent* event)
{
    QLabel::resizeEvent(event);
    elide();
}

void ElidedLabel::elide()
{
    const QString shown = fontMetrics().elidedText(m_whole, m_mode, width());
    setText(shown);
    setToolTip(shown == m_whole ? QString() : m_whole);
}

void setTextKind(QLabel* label, const char* kind)
{
    const QString name = QString::fromLatin1(kind);
    if (label->property("kind").toString() == name)
        return;
    label->setProperty("kind", name);
    Theme::refresh(label);
}

QColor toneColour(const Theme& theme, const QString& tone)
{
    if (tone == QLatin1String("good"))
        return theme.good;
    if (tone == QLatin1String("warning"))
        return theme.warning;
    if (tone == QLatin1String("bad"))
        return theme.bad;
    if (tone == QLatin1String("accent"))
        return theme.accent;
    return theme.mutedText;
}

QString stateText(const QString& state)
{
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("assay::widgets::RunState", text);
    };
    static const QHash<QString, const char*> names{
        {QStringLiteral("queued"), QT_TRANSLATE_NOOP("assay::widgets::RunState", "queued")},
        {QStringLiteral("running"), QT_TRANSLATE_NOOP("assay::widgets::RunState", "running")},
        {QStringLiteral("cancelling"), QT_TRANSLATE_NOOP("assay::widgets::RunState", "cancelling")},
        {QStringLiteral("finished"), QT_TRANSLATE_NOOP("assay::widgets::RunState", "finished")},
        {QStringLiteral("failed"), QT_TRANSLATE_NOOP("assay::widgets::RunState", "failed")},
        {QStringLiteral("cancelled"), QT_TRANSLATE_NOOP("assay::widgets::RunState", "cancelled")}};
    const auto it = names.constFind(state);
    return it == names.constEnd() ? state : tr(*it);
}

QString stateTone(const QString& state)
{
    if (state == QLatin1String("finished"))
        return QStringLiteral("good");
    if (state == QLatin1String("failed"))
        return QStringLiteral("bad");
    if (state == QLatin1String("cancelled") || state == QLatin1String("cancelling"))
        return QStringLiteral("warning");
    return QStringLiteral("accent");
}

} // namespace assay::widgets
