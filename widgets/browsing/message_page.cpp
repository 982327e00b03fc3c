#include "widgets/browsing/message_page.h"

#include "widgets/studies/text_kit.h"

#include <QPushButton>
#include <QVBoxLayout>

namespace assay::widgets {

MessagePage::MessagePage(QWidget* parent)
    : QWidget(parent)
    , m_text(makeText("muted", {}, this))
    , m_again(new QPushButton(tr("Try again"), this))
{
    m_text->setObjectName(QStringLiteral("browsingMessage"));
    m_text->setWordWrap(true);
    m_text->setAlignment(Qt::AlignCenter);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setMaximumWidth(fontMetrics().averageCharWidth() * 70);
    m_again->setObjectName(QStringLiteral("tryAgain"));
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(fontMetrics().height());
    layout->addStretch();
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(m_text, 8);
    row->addStretch(1);
    layout->addLayout(row);
    layout->addWidget(m_again, 0, Qt::AlignHCenter);
    layout->addStretch();
    connect(m_again, &QPushButton::clicked, this, &MessagePage::triedAgain);
}

void MessagePage::say(const QString& sentence, bool mayTryAgain)
{
    m_text->setText(sentence);
    m_again->setVisible(mayTryAgain);
}

QString MessagePage::sentence() const
{
    return m_text->text();
}

} // namespace assay::widgets
