#include "widgets/report/editor/report_paper.h"

#include "widgets/report/editor/block_frame.h"
#include "widgets/report/editor/block_grip.h"
#include "widgets/report/editor/note_editor.h"
#include "widgets/report/editor/paper_drag.h"
#include "widgets/report/editor/report_actions.h"
#include "widgets/report/editor/report_draft.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <utility>

namespace assay::widgets {

namespace {

constexpr int kTextInEm = 46;
constexpr int kMarginInEm = 3; ///< of the sheet, where grips and menus stand
constexpr int kScrollEveryMs = 16;

bool isTextField(const QWidget* widget)
{
    return qobject_cast<const QLineEdit*>(widget) || qobject_cast<const NoteEditor*>(widget);
}

} // namespace

ReportPaper::ReportPaper(ReportDraft& draft, ReportActions& actions, QWidget* parent)
    : QScrollArea(parent)
    , m_draft(draft)
    , m_actions(actions)
    , m_body(new QWidget(this))
    , m_title(makeField("paper-title", QStringLiteral("reportTitle"), tr("Title")))
    , m_author(makeField("paper-author", QStringLiteral("reportAuthor"), tr("Author")))
    , m_mark(new DropMark(m_body))
{
    setObjectName(QStringLiteral("reportPaper"));
    m_body->setObjectName(QStringLiteral("scrollContents"));
    m_body->installEventFilter(this);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    verticalScrollBar()->setSingleStep(2 * fontMetrics().height());
    setWidget(m_body);
    setFocusPolicy(Qt::NoFocus);
    connect(m_title, &QLineEdit::textEdited, &actions, &ReportActions::typeTitle);
    connect(m_author, &QLineEdit::textEdited, &actions, &ReportActions::typeAuthor);
    for (QLineEdit* field : {m_title, m_author})
        connect(field, &QLineEdit::editingFinished, &draft, &ReportDraft::endTyping);
    connect(&actions, &ReportActions::shown, this, [this](const QString& id, bool edit) {
        showBlock(id, edit);
        m_revealed = id;
    });
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) { takeFocus(now); });
    connect(&m_refreshing, &QTimer::timeout, this, &ReportPaper::refreshNext);
    connect(&m_scrolling, &QTimer::timeout, this, &ReportPaper::scrollWhileDragging);
}

QLineEdit* ReportPaper::makeField(const char* kind, const QString& name, const QString& prompt)
{
    auto* field = new QLineEdit(m_body);
    field->setObjectName(name);
    field->setProperty("kind", QString::fromLatin1(kind));
    field->setPlaceholderText(prompt);
    field->setAccessibleName(prompt);
    leaveUndoToWindow(field);
    return field;
}

BlockFrame* ReportPaper::frame(const QString& id) const
{
    const auto it = std::find_if(m_frames.begin(), m_frames.end(),
                                 [&](const BlockFrame* frame) { return frame->id() == id; });
    return it == m_frames.end() ? nullptr : *it;
}

BlockFrame* ReportPaper::makeFrame(const QString& id)
{
    auto* frame = new BlockFrame(id, kMarginInEm * fontMetrics().height(), m_body);
    frame->setTheme(m_theme);
    connect(frame, &BlockFrame::refreshWanted, this, [this, frame] { enqueue(frame); });
    connect(frame, &BlockFrame::grown, this, [this, frame] {
        if (m_filling)
            return; // all of them are placed when they are all there
        arrange();
        if (const QRect cursor = frame->cursorPlace(); !cursor.isEmpty())
            ensureVisible(0, frame->y() + cursor.center().y(), 0, 3 * fontMetrics().height());
    });
    connect(frame, &BlockFrame::editingEnded, &m_draft, &ReportDraft::endTyping);
    connect(frame, &BlockFrame::editRequested, this, [this, id] { showBlock(id, true); });
    connect(frame, &BlockFrame::menuRequested, this,
            [this, id](const QPoint& position) { Q_EMIT menuRequested(id, position); });
    connect(frame, &BlockFrame::typed, this, [this, frame](const QString& text) {
        if (frame->block().kind == ReportBlock::Kind::Text)
            m_actions.typeNote(frame->id(), text);
        else
            m_actions.typeCaption(frame->id(), text);
    });
    connect(frame->grip(), &BlockGrip::clicked, frame, [frame] { frame->setFocus(Qt::MouseFocusReason); });
    connect(frame->grip(), &BlockGrip::dragged, this,
            [this, id](const QPoint& position) { drag(id, position); });
    connect(frame->grip(), &BlockGrip::dropped, this, [this, id](bool given) { drop(id, given); });
    return frame;
}

void ReportPaper::setContent(const ReportContent& content)
{
    const Report& report = m_draft.report();
    for (const auto& [field, text] : {std::pair{m_title, report.title}, {m_author, report.author}}) {
        if (field->text() != text) {
            field->setText(text);
            field->setCursorPosition(int(text.size()));
        }
    }
    QHash<QString, QVector<ContentItem>> items;
    for (const ContentItem& item : content.items)
        items[item.block] << item;
    QVector<BlockFrame*> frames;
    m_filling = true;
    for (const ReportBlock& block : report.blocks) {
        BlockFrame* frame = this->frame(block.id);
        if (frame)
            m_frames.removeOne(frame);
        else
            frame = makeFrame(block.id);
        QVector<ContentItem> shown = items.value(block.id);
        if (block.kind == ReportBlock::Kind::Text && block.markdown.trimmed().isEmpty())
            shown.clear();
        frame->setContent(block, shown);
        frames << frame;
    }
    m_filling = false;
    for (BlockFrame* gone : std::exchange(m_frames, frames)) {
        std::erase(m_queue, gone);
        gone->disconnect(this);
        gone->hide();
        gone->deleteLater(); // it may be the one whose key or menu did this
    }
    if (!frame(m_current))
        choose({});
    arrange();
    for (qsizetype i = 0; i < m_frames.size(); ++i) {
        m_frames[i]->show();
        // The tab key goes down the page.
        setTabOrder(i == 0 ? static_cast<QWidget*>(m_author) : m_frames[i - 1], m_frames[i]);
    }
    if (!m_awaited.isEmpty() && frame(m_awaited))
        showBlock(std::exchange(m_awaited, {}), m_awaitedEdit);
    if (const BlockFrame* shown = frame(std::exchange(m_revealed, {})))
        reveal(*shown);
}

void ReportPaper::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_mark->setTheme(theme);
    for (BlockFrame* frame : m_frames)
        frame->setTheme(theme);
    m_body->update();
    arrange();
}

void ReportPaper::setStart(QWidget* start)
{
    m_start = start;
    m_start->setParent(m_body);
    arrange();
}

void ReportPaper::arrange()
{
    const int em = fontMetrics().height();
    const int room = viewport()->width();
    const int width = std::min(room - em, (kTextInEm + 2 * kMarginInEm) * em);
    const int left = (room - width) / 2, margin = kMarginInEm * em;
    int y = em * 3 / 2;
    const int top = em / 2;
    y += em;
    m_title->setGeometry(left + margin - em / 2, y, width - 2 * margin + em, m_title->sizeHint().height());
    y += m_title->height();
    m_author->setGeometry(left + margin - em / 2, y, width - 2 * margin + em, m_author->sizeHint().height());
    y += m_author->height() + em;
    if (m_start) {
        m_start->setVisible(m_frames.isEmpty());
        if (m_frames.isEmpty()) {
            const int height = m_start->heightForWidth(width - 2 * margin);
            m_start->setGeometry(left + margin, y, width - 2 * margin,
                                 std::max(height, m_start->sizeHint().height()));
            y += m_start->height() + em;
        }
    }
    for (BlockFrame* frame : m_frames) {
        const int height = frame->heightForWidth(width);
        frame->setGeometry(left, y, width, height);
        y += height + em * 2 / 3;
    }
    y += 2 * em;
    m_sheet = QRect(left, top, width, std::max(y - top, viewport()->height() - em));
    m_body->resize(room, m_sheet.bottom() + em / 2);
    m_body->update();
}

void ReportPaper::resizeEvent(QResizeEvent* event)
{
    QScrollArea::resizeEvent(event);
    arrange();
}

bool ReportPaper::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_body && event->type() == QEvent::Paint) {
        QPainter painter(m_body);
        painter.setPen(m_theme.border);
        painter.setBrush(m_theme.panel);
        painter.drawRect(m_sheet.adjusted(0, 0, -1, -1));
    } else if (watched == m_body && event->type() == QEvent::MouseButtonPress) {
        if (QWidget* focus = QApplication::focusWidget(); focus && m_body->isAncestorOf(focus))
            focus->clearFocus();
        choose({});
    }
    return QScrollArea::eventFilter(watched, event);
}

void ReportPaper::takeFocus(QWidget* now)
{
    if (!now || !m_body->isAncestorOf(now))
        return;
    for (BlockFrame* frame : std::as_const(m_frames)) {
        if (frame == now || frame->isAncestorOf(now)) {
            choose(frame->id());
            return;
        }
    }
    choose({});
}

void ReportPaper::choose(const QString& id)
{
    if (m_current == id)
        return;
    if (BlockFrame* before = frame(m_current))
        before->setCurrent(false);
    m_current = id;
    if (BlockFrame* now = frame(id))
        now->setCurrent(true);
    Q_EMIT currentChanged();
}

void ReportPaper::showBlock(const QString& id, bool edit)
{
    BlockFrame* shown = frame(id);
    if (!shown) {
        m_awaited = id;
        m_awaitedEdit = edit;
        return;
    }
    m_awaited.clear();
    if (!shown->isEditing())
        shown->setFocus(Qt::OtherFocusReason);
    choose(id);
    if (edit)
        shown->edit();
    arrange();
    reveal(*shown);
}

void ReportPaper::reveal(const BlockFrame& frame)
{
    const int em = fontMetrics().height();
    const int top = frame.y() - em, bottom = frame.geometry().bottom() + em,
              seen = verticalScrollBar()->value();
    const int room = viewport()->height();
    if (top < seen || bottom - top > room)
        verticalScrollBar()->setValue(top);
    else if (bottom > seen + room)
        verticalScrollBar()->setValue(bottom - room);
}

void ReportPaper::endEditing()
{
    for (BlockFrame* frame : std::as_const(m_frames))
        frame->endEditing();
}

void ReportPaper::chooseNext(int step)
{
    qsizetype at = -1;
    for (qsizetype i = 0; i < m_frames.size(); ++i)
        at = m_frames[i]->id() == m_current ? i : at;
    if (!m_frames.isEmpty())
        showBlock(m_frames[std::clamp(at + step, qsizetype(0), m_frames.size() - 1)]->id(), false);
}

void ReportPaper::keyPressEvent(QKeyEvent* event)
{
    const bool vertical = event->key() == Qt::Key_Up || event->key() == Qt::Key_Down;
    const int step = event->key() == Qt::Key_Up ? -1 : 1;
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (BlockFrame* dragged = frame(m_dragged); dragged && event->key() == Qt::Key_Escape)
        return dragged->grip()->giveUp();
    if (m_current.isEmpty())
        return QScrollArea::keyPressEvent(event);
    if (vertical && modifiers == Qt::AltModifier)
        return m_actions.moveBy(m_current, step);
    if (isTextField(QApplication::focusWidget()))
        return QScrollArea::keyPressEvent(event);
    if (vertical && modifiers == Qt::NoModifier)
        return chooseNext(step);
    if (enter && modifiers == Qt::NoModifier)
        return showBlock(m_current, true);
    if (enter && modifiers == Qt::ControlModifier)
        return m_actions.addNote(m_current);
    if (event->matches(QKeySequence::Delete) || event->key() == Qt::Key_Backspace)
        return m_actions.remove(m_current);
    if (event->key() == Qt::Key_D && modifiers == Qt::ControlModifier)
        return m_actions.duplicate(m_current);
    if (event->key() == Qt::Key_Escape)
        return choose({});
    QScrollArea::keyPressEvent(event);
}

void ReportPaper::enqueue(BlockFrame* frame)
{
    if (std::find(m_queue.begin(), m_queue.end(), frame) == m_queue.end())
        m_queue.push_back(frame);
    if (!m_refreshing.isActive())
        m_refreshing.start(0);
}

void ReportPaper::refreshNext()
{
    if (m_queue.empty()) {
        m_refreshing.stop();
        return;
    }
    BlockFrame* frame = m_queue.front();
    if (!frame->refreshNow())
        std::erase(m_queue, frame);
}

DropTarget ReportPaper::targetAt(const QString& id, int y) const
{
    QVector<BlockPlace> places;
    qsizetype dragged = -1;
    for (const BlockFrame* frame : m_frames) {
        if (frame->id() == id)
            dragged = places.size();
        places << BlockPlace{frame->id(), frame->geometry(),
                             frame->block().kind == ReportBlock::Kind::Figure};
    }
    return dropTargetAt(places, dragged, y);
}

void ReportPaper::drag(const QString& id, const QPoint& position)
{
    m_dragged = id;
    m_dragAt = position;
    showTarget(id, targetAt(id, m_body->mapFromGlobal(position).y()));
    if (!m_scrolling.isActive())
        m_scrolling.start(kScrollEveryMs);
}

void ReportPaper::showTarget(const QString& id, const DropTarget& target)
{
    const int em = fontMetrics().height(), margin = kMarginInEm * em;
    if (target.isNone() || !frame(id)) {
        m_mark->hide();
    } else if (!target.onto.isEmpty()) {
        const QRect place = frame(target.onto)->geometry().adjusted(margin - em / 2, 0, em / 2 - margin, 0);
        m_mark->showFrame(place, tr("Add as a panel"));
    } else {
        const bool last = target.before >= m_frames.size();
        const int y = last ? m_frames.last()->geometry().bottom() + em / 3
                           : m_frames[target.before]->geometry().top() - em / 3;
        m_mark->showLine(
            QRect(m_sheet.left() + margin - em / 2, y - 5, m_sheet.width() - 2 * margin + em, 11));
    }
}

void ReportPaper::scrollWhileDragging()
{
    const int y = viewport()->mapFromGlobal(m_dragAt).y(), edge = 3 * fontMetrics().height();
    int by = 0;
    if (y < edge)
        by = (y - edge) / 4;
    else if (y > viewport()->height() - edge)
        by = (y - viewport()->height() + edge) / 4;
    if (by == 0)
        return;
    verticalScrollBar()->setValue(verticalScrollBar()->value() + by);
    showTarget(m_dragged, targetAt(m_dragged, m_body->mapFromGlobal(m_dragAt).y()));
}

void ReportPaper::drop(const QString& id, bool given)
{
    m_scrolling.stop();
    m_mark->hide();
    const DropTarget target = targetAt(id, m_body->mapFromGlobal(m_dragAt).y());
    m_dragged.clear();
    if (!given || target.isNone())
        return;
    if (!target.onto.isEmpty())
        m_actions.compose(id, target.onto);
    else
        m_actions.moveBefore(id, target.before);
}

} // namespace assay::widgets
