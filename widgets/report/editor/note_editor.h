#pragma once

#include <QPlainTextEdit>

namespace assay::widgets {

/// Markdown being written, in the place where it will stand: as high as its text. Undo is the report's, so
/// that steps keep their order: the editor has none. Escape and Ctrl+Return end it, as does a click
/// elsewhere.
class NoteEditor : public QPlainTextEdit
{
    Q_OBJECT
public:
    explicit NoteEditor(const QString& text, QWidget* parent = nullptr);

    /// Another text, as undo brings it; the cursor stays about where it is. No typed() follows.
    void take(const QString& text);
    /// Of the text at the editor's width.
    int wantedHeight() const;

Q_SIGNALS:
    void typed(const QString& text);
    /// wantedHeight() may have changed, or the cursor has moved.
    void grown();
    void ended();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    bool m_taking = false;
};

/// Takes undo and redo away from a text field, so that the window's actions see their keys.
void leaveUndoToWindow(QWidget* field);

} // namespace assay::widgets
