#include "app/workbench/shell/command_palette.h"

#include "widgets/studies/card_delegate.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::workbench {

using widgets::CardModel;

CommandPalette::CommandPalette(QWidget* window)
    : QFrame(window)
    , m_model(new CardModel(this))
    , m_filter(new widgets::CardFilter(this))
    , m_delegate(new widgets::CardDelegate(widgets::CardDelegate::Density::Compact, this))
    , m_search(new QLineEdit(this))
    , m_list(new QListView(this))
{
    setObjectName(QStringLiteral("commandPalette"));
    setProperty("kind", QStringLiteral("card"));
    setAutoFillBackground(true);
    m_filter->setSourceModel(m_model);
    m_search->setObjectName(QStringLiteral("paletteSearch"));
    m_search->setAccessibleName(tr("Search commands, studies and runs"));
    m_search->setPlaceholderText(tr("Search commands, studies and runs"));
    m_search->installEventFilter(this);
    m_list->setObjectName(QStringLiteral("paletteList"));
    m_list->setModel(m_filter);
    m_list->setItemDelegate(m_delegate);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setMouseTracking(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const int em = fontMetrics().height();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em / 2, em / 2, em / 2, em / 2);
    layout->addWidget(m_search);
    layout->addWidget(m_list);
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_filter->setQuery(text);
        m_list->setCurrentIndex(m_filter->index(0, 0));
    });
    connect(m_list, &QListView::clicked, this, &CommandPalette::choose);
    window->installEventFilter(this);
    hide();
}

void CommandPalette::open(const QList<widgets::CardItem>& items)
{
    m_model->setItems(items);
    m_search->clear();
    m_list->setCurrentIndex(m_filter->index(0, 0));
    const int em = fontMetrics().height();
    const QSize room = parentWidget()->size();
    const QSize size(std::min(44 * em, room.width() - 4 * em), std::min(30 * em, room.height() - 6 * em));
    setGeometry(QRect(QPoint((room.width() - size.width()) / 2, 3 * em), size));
    m_before = QApplication::focusWidget();
    show();
    raise();
    m_search->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::setTheme(const widgets::Theme& theme)
{
    m_delegate->setTheme(theme);
    m_list->viewport()->update();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parentWidget()) {
        if (event->type() == QEvent::Resize)
            hide();
        return false;
    }
    if (event->type() == QEvent::FocusOut && isVisible()) {
        hide();
        return false;
    }
    if (event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Escape:
        dismiss();
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose(m_list->currentIndex());
        return true;
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        QApplication::sendEvent(m_list, event);
        return true;
    }
    return QFrame::eventFilter(watched, event);
}

void CommandPalette::choose(const QModelIndex& index)
{
    if (!index.isValid())
        return;
    const QString id = index.data(CardModel::IdRole).toString();
    dismiss();
    Q_EMIT chosen(id);
}

void CommandPalette::dismiss()
{
    hide();
    if (m_before)
        m_before->setFocus(Qt::OtherFocusReason);
}

} // namespace assay::workbench
