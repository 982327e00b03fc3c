#include "widgets/report/editor/block_frame.h"

#include "widgets/report/editor/block_grip.h"
#include "widgets/report/editor/item_view.h"
#include "widgets/report/editor/note_editor.h"
#include "widgets/report/editor/report_edits.h"
#include "widgets/studies/text_kit.h"

#include <QContextMenuEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace assay::widgets {

BlockFrame::BlockFrame(const QString& id, int margin, QWidget* parent)
    : QWidget(parent)
    , m_id(id)
    , m_margin(margin)
    , m_empty(makeText("muted", tr("An empty note: double-click, or press Enter, to write."), this))
    , m_grip(new BlockGrip(this))
    , m_more(new QToolButton(this))
    , m_pin(new QLabel(this))
{
    setObjectName(QStringLiteral("block-") + id);
    setFocusPolicy(Qt::StrongFocus);
    m_more->setObjectName(QStringLiteral("blockMenu"));
    m_more->setAutoRaise(true);
    m_more->setFocusPolicy(Qt::NoFocus);
    m_more->setToolTip(tr("What can be done with this block"));
    m_more->setAccessibleName(m_more->toolTip());
    m_pin->setToolTip(tr("Pinned: newer runs of the same specification do not take its place"));
    m_empty->hide();
    connect(m_more, &QToolButton::clicked, this, [this] {
        setFocus(Qt::MouseFocusReason);
        Q_EMIT menuRequested(m_more->mapToGlobal(m_more->rect().bottomLeft()));
    });
    showTools();
}

ItemView* BlockFrame::captioned() const
{
    const bool one = m_block.kind == ReportBlock::Kind::Figure || m_block.kind == ReportBlock::Kind::Table ||
                     m_block.kind == ReportBlock::Kind::Gallery;
    const auto labelled = [](const ItemView* item) { return !item->item().label.isEmpty(); };
    const auto it = std::find_if(m_items.begin(), m_items.end(), labelled);
    return one && it != m_items.end() ? *it : nullptr;
}

void BlockFrame::setContent(const ReportBlock& block, const QVector<ContentItem>& items)
{
    m_block = block;
    for (qsizetype i = 0; i < items.size(); ++i) {
        if (i < m_items.size() && m_items[i]->kind() != items[i].kind)
            delete std::exchange(m_items[i], nullptr);
        if (i == m_items.size())
            m_items.append(nullptr);
        if (!m_items[i]) {
            m_items[i] = ItemView::make(items[i].kind, this);
            m_items[i]->setTheme(m_theme);
            connect(m_items[i], &ItemView::refreshWanted, this, &BlockFrame::refreshWanted);
            m_items[i]->show();
        }
        m_items[i]->setItem(items[i]);
    }
    while (m_items.size() > items.size())
        delete m_items.takeLast();
    // Undo may have changed what is being written; what was typed here comes back late and is not taken.
    const bool note = block.kind == ReportBlock::Kind::Text;
    const QString text = note ? block.markdown : block.caption;
    if (m_editor && text != m_typed)
        m_editor->take(note || !text.isEmpty() ? text : ownCaption());
    m_typed = text;
    m_pin->setVisible(isPinned(block));
    setAccessibleName(m_items.isEmpty() || m_items.first()->item().label.isEmpty()
                          ? blockName(block)
                          : m_items.first()->item().label);
    if (m_editor && !captioned() && block.kind != ReportBlock::Kind::Text)
        endEditing();
    arrange();
}

void BlockFrame::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_grip->setTheme(theme);
    m_more->setIcon(theme.icon(QStringLiteral("more"), theme.mutedText));
    const int side = fontMetrics().height();
    m_pin->setPixmap(theme.icon(QStringLiteral("pin"), theme.accent).pixmap(side, side));
    for (ItemView* item : m_items)
        item->setTheme(theme);
    arrange();
}

void BlockFrame::setCurrent(bool current)
{
    if (m_current == current)
        return;
    m_current = current;
    showTools();
    update();
}

void BlockFrame::showTools()
{
    m_grip->setVisible(m_current || m_hovered);
    m_more->setVisible(m_current || m_hovered);
}

int BlockFrame::heightForWidth(int width) const
{
    const int em = fontMetrics().height();
    const int inner = width - 2 * m_margin;
    int height = 0;
    if (m_editor && m_block.kind == ReportBlock::Kind::Text)
        height = m_editor->wantedHeight();
    else if (m_items.isEmpty())
        height = em * 3 / 2;
    else
        height = (int(m_items.size()) - 1) * em / 2;
    if (!(m_editor && m_block.kind == ReportBlock::Kind::Text)) {
        for (const ItemView* item : m_items)
            height += item->heightForWidth(inner);
    }
    return std::max(height + em, em * 2);
}

void BlockFrame::arrange()
{
    const int em = fontMetrics().height();
    const int inner = width() - 2 * m_margin;
    const bool writing = m_editor && m_block.kind == ReportBlock::Kind::Text;
    int top = em / 2;
    for (ItemView* item : m_items) {
        const int height = item->heightForWidth(inner);
        item->setGeometry(m_margin, top, inner, height);
        item->setVisible(!writing);
        top += height + em / 2;
    }
    m_empty->setGeometry(m_margin, em / 2, inner, em * 3 / 2);
    m_empty->setVisible(m_items.isEmpty() && !writing);
    if (writing)
        m_editor->setGeometry(m_margin - em / 2, em / 2, inner + em, m_editor->wantedHeight());
    else if (ItemView* item = m_editor ? captioned() : nullptr)
        m_editor->setGeometry(item->captionRect().translated(item->pos()));
    const QSize grip = m_grip->sizeHint();
    m_grip->setGeometry(QRect(QPoint(m_margin - grip.width() - em / 2, em / 4), grip));
    const QSize more = m_more->sizeHint();
    m_more->setGeometry(QRect(QPoint(width() - m_margin + em / 2, em / 4), more));
    m_pin->setGeometry(width() - m_margin + em / 2 + (more.width() - em) / 2, em / 4 + more.height() + em / 8,
                       em, em);
}

bool BlockFrame::canEdit() const
{
    return m_block.kind == ReportBlock::Kind::Text || captioned();
}

QString BlockFrame::ownCaption() const
{
    const ItemView* item = captioned();
    return item ? item->item().caption : QString();
}

void BlockFrame::edit()
{
    if (m_editor || !canEdit())
        return;
    if (m_block.kind == ReportBlock::Kind::Text)
        openEditor(m_block.markdown,
                   tr("Notes in Markdown: **bold**, *slanted*, # heading, - list, | table |"));
    else
        openEditor(m_block.caption.isEmpty() ? ownCaption() : m_block.caption,
                   tr("Empty: the caption that the study gives"));
}

void BlockFrame::openEditor(const QString& text, const QString& prompt)
{
    m_editor = new NoteEditor(text, this);
    m_editor->setPlaceholderText(prompt);
    m_editor->setAccessibleName(m_block.kind == ReportBlock::Kind::Text ? tr("Note in Markdown")
                                                                        : tr("Caption in Markdown"));
    m_offered = m_block.caption.isEmpty() ? text : QString();
    m_typed = m_block.kind == ReportBlock::Kind::Text ? m_block.markdown : m_block.caption;
    const auto grow = [this] {
        if (ItemView* item = captioned(); item && m_editor)
            item->setCaptionHidden(true, m_editor->wantedHeight());
        Q_EMIT grown();
    };
    connect(m_editor, &NoteEditor::grown, this, grow);
    connect(m_editor, &NoteEditor::typed, this, [this](const QString& typed) {
        // The study's caption, as it was offered, is not made the reader's own.
        const bool own = m_block.kind != ReportBlock::Kind::Text && typed == m_offered;
        m_typed = own ? QString() : typed;
        Q_EMIT this->typed(m_typed);
    });
    connect(m_editor, &NoteEditor::ended, this, &BlockFrame::endEditing);
    m_editor->show();
    arrange();
    grow();
    arrange();
    m_editor->setFocus(Qt::OtherFocusReason);
}

QRect BlockFrame::cursorPlace() const
{
    if (!m_editor)
        return {};
    return m_editor->cursorRect().translated(m_editor->viewport()->mapTo(this, QPoint()));
}

void BlockFrame::endEditing()
{
    NoteEditor* editor = std::exchange(m_editor, nullptr);
    if (!editor)
        return;
    const bool hadFocus = editor->hasFocus();
    editor->disconnect(this);
    editor->hide();
    editor->deleteLater();
    for (ItemView* item : m_items)
        item->setCaptionHidden(false, 0);
    arrange();
    if (hadFocus)
        setFocus(Qt::OtherFocusReason);
    Q_EMIT editingEnded();
    Q_EMIT grown();
}

bool BlockFrame::refreshNow()
{
    return std::any_of(m_items.begin(), m_items.end(), [](ItemView* item) { return item->refreshNow(); });
}

bool BlockFrame::event(QEvent* event)
{
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut)
        update();
    return QWidget::event(event);
}

void BlockFrame::paintEvent(QPaintEvent*)
{
    if (!m_current && !m_hovered)
        return;
    const int em = fontMetrics().height();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_current ? m_theme.accent : m_theme.border, 1));
    painter.setBrush(Qt::NoBrush);
    const QRectF around =
        QRectF(rect()).adjusted(m_margin - em / 2 - 0.5, 1.5, em / 2 - m_margin + 0.5, -1.5);
    painter.drawRoundedRect(around, 5, 5);
}

void BlockFrame::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void BlockFrame::enterEvent(QEnterEvent*)
{
    m_hovered = true;
    showTools();
    update();
}

void BlockFrame::leaveEvent(QEvent*)
{
    m_hovered = false;
    showTools();
    update();
}

void BlockFrame::mousePressEvent(QMouseEvent* event)
{
    setFocus(Qt::MouseFocusReason);
    event->accept();
}

void BlockFrame::mouseDoubleClickEvent(QMouseEvent* event)
{
    event->accept();
    Q_EMIT editRequested();
}

void BlockFrame::contextMenuEvent(QContextMenuEvent* event)
{
    setFocus(Qt::OtherFocusReason);
    const bool keyboard = event->reason() == QContextMenuEvent::Keyboard;
    Q_EMIT menuRequested(keyboard ? mapToGlobal(QPoint(m_margin, fontMetrics().height()))
                                  : event->globalPos());
    event->accept();
}

} // namespace assay::widgets
