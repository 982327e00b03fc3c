#include "widgets/report/editor/note_editor.h"

#include <QKeyEvent>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

bool isUndoKey(const QKeyEvent* key)
{
    return key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo);
}

class UndoKeyFilter : public QObject
{
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject*, QEvent* event) override
    {
        const bool key = event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress;
        if (!key || !isUndoKey(static_cast<QKeyEvent*>(event)))
            return false;
        event->ignore();
        return true;
    }
};

} // namespace

void leaveUndoToWindow(QWidget* field)
{
    field->installEventFilter(new UndoKeyFilter(field));
}

NoteEditor::NoteEditor(const QString& text, QWidget* parent)
    : QPlainTextEdit(text, parent)
{
    setObjectName(QStringLiteral("noteEditor"));
    setUndoRedoEnabled(false);
    setTabChangesFocus(true);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setContextMenuPolicy(Qt::DefaultContextMenu);
    moveCursor(QTextCursor::End);
    leaveUndoToWindow(this);
    connect(this, &QPlainTextEdit::textChanged, this, [this] {
        if (!m_taking)
            Q_EMIT typed(toPlainText());
        Q_EMIT grown();
    });
    connect(this, &QPlainTextEdit::cursorPositionChanged, this, &NoteEditor::grown);
}

void NoteEditor::take(const QString& text)
{
    if (text == toPlainText())
        return;
    const int at = textCursor().position();
    m_taking = true;
    setPlainText(text);
    m_taking = false;
    QTextCursor cursor = textCursor();
    cursor.setPosition(std::min(at, int(text.size())));
    setTextCursor(cursor);
}

int NoteEditor::wantedHeight() const
{
    // The layout of plain text counts lines.
    const int lines = std::max(1, int(std::ceil(document()->size().height())));
    const int around = height() - viewport()->height();
    return lines * fontMetrics().lineSpacing() + 2 * int(document()->documentMargin()) + std::max(around, 0) +
           2;
}

bool NoteEditor::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Escape) {
            event->accept();
            return true;
        }
    }
    return QPlainTextEdit::event(event);
}

void NoteEditor::keyPressEvent(QKeyEvent* event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (event->key() == Qt::Key_Escape || (enter && event->modifiers() & Qt::ControlModifier)) {
        Q_EMIT ended();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

void NoteEditor::focusOutEvent(QFocusEvent* event)
{
    QPlainTextEdit::focusOutEvent(event);
    if (event->reason() != Qt::PopupFocusReason && event->reason() != Qt::ActiveWindowFocusReason &&
        event->reason() != Qt::MenuBarFocusReason)
        Q_EMIT ended();
}

void NoteEditor::resizeEvent(QResizeEvent* event)
{
    QPlainTextEdit::resizeEvent(event);
    // Later: who hears it resizes this again, in the midst of which the text would keep its old width.
    if (event->size().width() != event->oldSize().width())
        QMetaObject::invokeMethod(this, &NoteEditor::grown, Qt::QueuedConnection);
}

void NoteEditor::wheelEvent(QWheelEvent* event)
{
    event->ignore(); // there is nothing to scroll in it: the page moves
}

} // namespace assay::widgets
