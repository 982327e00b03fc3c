#include "widgets/jobs/job_delegate.h"

#include "widgets/jobs/jobs_model.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace assay::widgets {

namespace {

int emOf(const QStyleOptionViewItem& option)
{
    return option.fontMetrics.height();
}

QRect contents(const QStyleOptionViewItem& option)
{
    const int em = emOf(option);
    return option.rect.adjusted(em * 3 / 4, em / 2, -em * 3 / 4, -em / 2);
}

} // namespace

JobDelegate::JobDelegate(QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(Theme::light())
{}

void JobDelegate::setTheme(const Theme& theme)
{
    m_theme = theme;
}

QRect JobDelegate::cancelRect(const QStyleOptionViewItem& option)
{
    const int size = emOf(option) * 5 / 4;
    const QRect inside = contents(option);
    return {inside.right() - size + 1, inside.top(), size, size};
}

QSize JobDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    const int em = emOf(option);
    return {em * 14, em * 4 + em / 8};
}

QColor JobDelegate::stateColour(const QString& state) const
{
    if (state == QLatin1String("finished"))
        return m_theme.good;
    if (state == QLatin1String("failed"))
        return m_theme.bad;
    if (state == QLatin1String("running"))
        return m_theme.accent;
    return m_theme.mutedText;
}

void JobDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const int em = emOf(option);
    if (option.state & (QStyle::State_Selected | QStyle::State_MouseOver)) {
        QColor back = option.state & QStyle::State_Selected ? m_theme.selection : m_theme.raised;
        painter->setPen(Qt::NoPen);
        painter->setBrush(back);
        painter->drawRoundedRect(option.rect.adjusted(2, 1, -2, -1), em / 3.0, em / 3.0);
    }
    paintTexts(painter, option, index);
    if (!index.data(JobsModel::FinalRole).toBool()) {
        const QRect cross = cancelRect(option);
        m_theme.icon(QStringLiteral("close"), m_theme.mutedText).paint(painter, cross.adjusted(2, 2, -2, -2));
        const QRect inside = contents(option);
        const int y = inside.top() + em + em / 2;
        paintBar(painter, QRect(inside.left(), y, inside.width(), std::max(4, em / 4)),
                 index.data(JobsModel::FractionRole).toDouble());
    } else {
        const QRect inside = contents(option);
        painter->fillRect(QRect(inside.left(), option.rect.bottom(), inside.width(), 1), m_theme.border);
    }
    painter->restore();
}

void JobDelegate::paintTexts(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const
{
    const int em = emOf(option);
    const bool final = index.data(JobsModel::FinalRole).toBool();
    QRect line = contents(option);
    const QRect whole = line;
    if (!final)
        line.setRight(cancelRect(option).left() - em / 2);
    line.setHeight(em + 2);

    QFont small = option.font;
    small.setPointSizeF(option.font.pointSizeF() * 0.9);
    const QFontMetrics smallMetrics(small);
    const QString state = index.siblingAtColumn(JobsModel::StateColumn).data().toString();
    painter->setFont(small);
    painter->setPen(stateColour(index.data(JobsModel::StateRole).toString()));
    painter->drawText(line, Qt::AlignRight | Qt::AlignVCenter, state);

    QFont strong = option.font;
    strong.setWeight(QFont::DemiBold);
    painter->setFont(strong);
    painter->setPen(m_theme.text);
    const int room = line.width() - smallMetrics.horizontalAdvance(state) - em;
    const QString title = index.siblingAtColumn(JobsModel::TitleColumn).data().toString();
    painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                      QFontMetrics(strong).elidedText(title, Qt::ElideRight, room));

    QRect below = whole;
    below.setTop(final ? line.bottom() + em / 4 : whole.bottom() - em);
    below.setHeight(em + 2);
    const bool failed = index.data(JobsModel::StateRole).toString() == QLatin1String("failed");
    painter->setFont(small);
    painter->setPen(failed ? m_theme.bad : m_theme.mutedText);
    const QString detail = index.data(JobsModel::DetailRole).toString();
    const bool repeats = detail == state;
    const QString shown = repeats ? index.data(JobsModel::StudyRole).toString() : detail;
    painter->drawText(below, Qt::AlignLeft | Qt::AlignVCenter,
                      smallMetrics.elidedText(shown, Qt::ElideRight, below.width()));
}

void JobDelegate::paintBar(QPainter* painter, const QRect& bar, double fraction) const
{
    const qreal radius = bar.height() / 2.0;
    painter->setPen(Qt::NoPen);
    painter->setBrush(m_theme.raised);
    painter->drawRoundedRect(bar, radius, radius);
    QRectF done = bar;
    if (fraction < 0) {
        // Length unknown: a piece in the middle says that work is going on without promising a share.
        done.setLeft(bar.left() + bar.width() * 0.35);
        done.setWidth(bar.width() * 0.3);
    } else {
        done.setWidth(bar.width() * fraction);
    }
    painter->setBrush(m_theme.accent);
    if (done.width() >= 1)
        painter->drawRoundedRect(done, radius, radius);
}

bool JobDelegate::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                              const QModelIndex& index)
{
    if (event->type() == QEvent::MouseButtonRelease && !index.data(JobsModel::FinalRole).toBool()) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        QStyleOptionViewItem row = option;
        initStyleOption(&row, index);
        if (mouse->button() == Qt::LeftButton && cancelRect(row).contains(mouse->position().toPoint())) {
            Q_EMIT cancelRequested(index.data(JobsModel::RunRole).toString());
            return true;
        }
    }
    return QStyledItemDelegate::editorEvent(event, model, option, index);
}

bool JobDelegate::helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                            const QModelIndex& index)
{
    QStyleOptionViewItem row = option;
    initStyleOption(&row, index);
    if (event->type() == QEvent::ToolTip && !index.data(JobsModel::FinalRole).toBool() &&
        cancelRect(row).contains(event->pos())) {
        QToolTip::showText(event->globalPos(), tr("Cancel this run"), view);
        return true;
    }
    return QStyledItemDelegate::helpEvent(event, view, option, index);
}

} // namespace assay::widgets
