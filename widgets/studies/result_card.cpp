#include "widgets/studies/result_card.h"

#include "widgets/studies/text_kit.h"

#include <QHBoxLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

ResultCard::ResultCard(Kind kind, const QString& name, QWidget* parent)
    : QFrame(parent)
    , m_kind(kind)
    , m_name(name)
    , m_title(makeParagraph("subtitle", {}, this))
    , m_caption(makeParagraph("small", {}, this))
    , m_header(new QHBoxLayout)
    , m_layout(new QVBoxLayout(this))
{
    static const char* const kinds[] = {"figure", "table", "gallery", "scene"};
    setObjectName(QStringLiteral("%1Card-%2").arg(QString::fromLatin1(kinds[int(kind)]), name));
    setProperty("kind", QStringLiteral("card"));
    const int em = fontMetrics().height();
    m_layout->setContentsMargins(em, em * 3 / 4, em, em * 3 / 4);
    m_layout->setSpacing(em / 4);
    m_header->setSpacing(em / 8);
    m_header->addWidget(m_title, 1, Qt::AlignTop);
    m_layout->addLayout(m_header);
    m_layout->addWidget(m_caption);
    m_caption->hide();
}

void ResultCard::setTheme(const Theme& theme)
{
    const auto buttons = findChildren<QToolButton*>(QString(), Qt::FindDirectChildrenOnly);
    for (QToolButton* button : buttons)
        button->setIcon(theme.icon(button->property("iconName").toString(), theme.mutedText));
}

void ResultCard::setTexts(const QString& title, const QString& caption, const QString& section)
{
    m_title->setText(title);
    m_caption->setText(caption);
    m_caption->setVisible(!caption.isEmpty());
    if (m_section == section)
        return;
    m_section = section;
    Q_EMIT sectionChanged();
}

QToolButton* ResultCard::addButton(const QString& icon, const QString& name, const QString& toolTip)
{
    auto* button = new QToolButton(this);
    button->setObjectName(name);
    button->setAccessibleName(toolTip);
    button->setToolTip(toolTip);
    button->setAutoRaise(true);
    button->setProperty("iconName", icon);
    m_header->addWidget(button, 0, Qt::AlignTop);
    return button;
}

void ResultCard::addReportButton()
{
    QToolButton* button =
        addButton(QStringLiteral("report-add"), QStringLiteral("reportButton"), tr("Add to a report"));
    connect(button, &QToolButton::clicked, this, [this, button] { Q_EMIT reportRequested(button); });
}

void ResultCard::setContent(QWidget* content)
{
    m_content = content;
    // Nothing to see before the first value: an empty plot would show axes of no meaning.
    content->hide();
    m_layout->insertWidget(m_layout->indexOf(m_caption), content, 1);
}

int ResultCard::heightForWidth(int width) const
{
    const QMargins margins = m_layout->contentsMargins();
    const int inner = width - margins.left() - margins.right();
    int height = margins.top() + margins.bottom() + contentHeight(inner) + m_layout->spacing();
    height += std::max(m_header->sizeHint().height(), m_header->heightForWidth(inner));
    if (!m_caption->isHidden())
        height += m_caption->heightForWidth(inner) + m_layout->spacing();
    return height;
}

void ResultCard::invalidate()
{
    m_stale = true;
    if (isOnScreen())
        Q_EMIT refreshWanted();
}

void ResultCard::paintEvent(QPaintEvent* event)
{
    QFrame::paintEvent(event);
    // Being painted is the one sure sign of having come into view.
    if (m_stale)
        Q_EMIT refreshWanted();
}

bool ResultCard::isOnScreen() const
{
    return isVisible() && !visibleRegion().isEmpty();
}

void ResultCard::refreshNow()
{
    if (!m_stale)
        return;
    m_stale = false;
    refresh();
    m_content->show();
}

} // namespace assay::widgets
