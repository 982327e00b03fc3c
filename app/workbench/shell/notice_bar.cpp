#include "app/workbench/shell/notice_bar.h"

#include "widgets/studies/text_kit.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

namespace assay::workbench {

namespace {

constexpr int kMaxNotices = 3;
constexpr int kGoodNewsMs = 8000;

} // namespace

class NoticeBar::Notice : public QWidget
{
public:
    Notice(QString tone, const QString& sentence, const QList<NoticeAction>& actions, NoticeBar* bar)
        : QWidget(bar)
        , m_tone(std::move(tone))
        , m_label(widgets::makeParagraph("", sentence, this))
        , m_close(new QToolButton(this))
    {
        setObjectName(QStringLiteral("notice"));
        m_label->setObjectName(QStringLiteral("noticeText"));
        const int em = fontMetrics().height();
        auto* layout = new QHBoxLayout(this);
        layout->setContentsMargins(em, em / 3, em / 2, em / 3);
        layout->setSpacing(em / 2);
        layout->addWidget(m_label, 1);
        for (const NoticeAction& action : actions) {
            auto* button = new QPushButton(action.text, this);
            button->setObjectName(QStringLiteral("noticeAction"));
            connect(button, &QPushButton::clicked, bar, [bar, this, handler = action.handler] {
                bar->remove(this);
                handler();
            });
            layout->addWidget(button);
        }
        m_close->setAutoRaise(true);
        m_close->setAccessibleName(NoticeBar::tr("Close this notice"));
        m_close->setToolTip(NoticeBar::tr("Close"));
        connect(m_close, &QToolButton::clicked, bar, [bar, this] { bar->remove(this); });
        layout->addWidget(m_close);
    }

    QString sentence() const { return m_label->text(); }
    void setTheme(const widgets::Theme& theme)
    {
        m_theme = theme;
        m_close->setIcon(theme.icon(QStringLiteral("close"), theme.mutedText));
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        const QColor tone = widgets::toneColour(m_theme, m_tone);
        QColor fill = tone;
        fill.setAlphaF(m_theme.isDark() ? 0.20F : 0.10F);
        painter.fillRect(rect(), m_theme.panel);
        painter.fillRect(rect(), fill);
        painter.fillRect(QRect(0, 0, fontMetrics().height() / 4, height()), tone);
    }

private:
    QString m_tone;
    QLabel* m_label;
    QToolButton* m_close;
    widgets::Theme m_theme = widgets::Theme::light();
};

NoticeBar::NoticeBar(QWidget* parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("noticeBar"));
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(1);
    hide();
}

void NoticeBar::say(const QString& tone, const QString& sentence, const QList<NoticeAction>& actions)
{
    if (sentence.isEmpty() || sentences().contains(sentence))
        return;
    auto* notice = new Notice(tone, sentence, actions, this);
    notice->setTheme(m_theme);
    m_layout->addWidget(notice);
    m_notices.append(notice);
    if (m_notices.size() > kMaxNotices)
        remove(m_notices.first());
    if (tone == QLatin1String("good") && actions.isEmpty())
        QTimer::singleShot(kGoodNewsMs, notice, [this, notice] { remove(notice); });
    show();
}

void NoticeBar::retract(const QString& sentence)
{
    const QList<Notice*> shown = m_notices;
    for (Notice* notice : shown) {
        if (notice->sentence() == sentence)
            remove(notice);
    }
}

QStringList NoticeBar::sentences() const
{
    QStringList all;
    for (const Notice* notice : m_notices)
        all << notice->sentence();
    return all;
}

void NoticeBar::clear()
{
    while (!m_notices.isEmpty())
        remove(m_notices.first());
}

void NoticeBar::setTheme(const widgets::Theme& theme)
{
    m_theme = theme;
    for (Notice* notice : m_notices)
        notice->setTheme(theme);
}

void NoticeBar::remove(Notice* notice)
{
    m_notices.removeOne(notice);
    m_layout->removeWidget(notice);
    notice->hide();
    notice->deleteLater();
    setVisible(!m_notices.isEmpty());
}

} // namespace assay::workbench
