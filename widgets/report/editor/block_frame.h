#pragma once

#include "widgets/report/report_content.h"
#include "widgets/theme/theme.h"

#include <QWidget>

class QLabel;
class QToolButton;

namespace assay::widgets {

class BlockGrip;
class ItemView;
class NoteEditor;

/// A block of a report on the paper, as wide as the sheet: what it shows between the margins, its grip in the
/// left one and its menu in the right. Its text, or its caption, is written in its place.
class BlockFrame : public QWidget
{
    Q_OBJECT
public:
    BlockFrame(const QString& id, int margin, QWidget* parent);

    const QString& id() const { return m_id; }
    const ReportBlock& block() const { return m_block; }
    const QVector<ItemView*>& items() const { return m_items; }
    /// @p items are those of the block; none for a note without text.
    void setContent(const ReportBlock& block, const QVector<ContentItem>& items);
    void setTheme(const Theme& theme);
    /// Chosen, for the keyboard and the eye.
    void setCurrent(bool current);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

    bool canEdit() const;
    void edit();
    bool isEditing() const { return m_editor != nullptr; }
    /// Where the cursor is that writes in it; empty when nobody does.
    QRect cursorPlace() const;
    void endEditing();
    /// Makes the next costly part. False: nothing more to do.
    bool refreshNow();
    BlockGrip* grip() const { return m_grip; }

Q_SIGNALS:
    void refreshWanted();
    /// Its height changed while it is written in.
    void grown();
    void typed(const QString& text);
    void editingEnded();
    void editRequested();
    void menuRequested(const QPoint& position);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    /// The one item whose caption can be written; null for notes and runs as a whole.
    ItemView* captioned() const;
    void openEditor(const QString& text, const QString& prompt);
    void arrange();
    void showTools();
    QString ownCaption() const;

    QString m_id;
    ReportBlock m_block;
    QString m_typed;   ///< text of the block as it is, or as the editor last gave it
    QString m_offered; ///< caption of the study that the editor began with
    Theme m_theme = Theme::light();
    int m_margin;
    QVector<ItemView*> m_items;
    QLabel* m_empty; ///< stands for a note without text
    BlockGrip* m_grip;
    QToolButton* m_more;
    QLabel* m_pin;
    NoteEditor* m_editor = nullptr;
    bool m_current = false;
    bool m_hovered = false;
};

} // namespace assay::widgets
