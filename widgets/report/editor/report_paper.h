#pragma once

#include "widgets/report/report_content.h"
#include "widgets/theme/theme.h"

#include <QHash>
#include <QScrollArea>
#include <QTimer>

#include <vector>

class QLineEdit;

namespace assay::widgets {

class BlockFrame;
class DropMark;
class ReportActions;
class ReportDraft;
struct DropTarget;

/// The report as one long sheet of paper that is scrolled: title, author, and a frame for each block, which
/// is kept while its block is. Blocks are chosen with the mouse and the arrows, moved by their grips and with
/// Alt and the arrows, and written in where they stand. Edits go to the ReportActions.
class ReportPaper : public QScrollArea
{
    Q_OBJECT
public:
    ReportPaper(ReportDraft& draft, ReportActions& actions, QWidget* parent = nullptr);

    /// What the report shows now. @p content is of the draft as it is.
    void setContent(const ReportContent& content);
    void setTheme(const Theme& theme);
    /// Stands under the title while there are no blocks. Taken over.
    void setStart(QWidget* start);

    /// Id of the block that is chosen; empty: none.
    const QString& current() const { return m_current; }
    BlockFrame* frame(const QString& id) const;
    QLineEdit* titleField() const { return m_title; }
    void showBlock(const QString& id, bool edit);
    void endEditing();

Q_SIGNALS:
    void currentChanged();
    void menuRequested(const QString& id, const QPoint& position);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QLineEdit* makeField(const char* kind, const QString& name, const QString& prompt);
    BlockFrame* makeFrame(const QString& id);
    void arrange();
    void choose(const QString& id);
    void chooseNext(int step);
    void takeFocus(QWidget* now);
    void reveal(const BlockFrame& frame);
    void enqueue(BlockFrame* frame);
    void refreshNext();
    void drag(const QString& id, const QPoint& position);
    void drop(const QString& id, bool given);
    DropTarget targetAt(const QString& id, int y) const;
    void showTarget(const QString& id, const DropTarget& target);
    void scrollWhileDragging();

    ReportDraft& m_draft;
    ReportActions& m_actions;
    Theme m_theme = Theme::light();
    QWidget* m_body;
    QRect m_sheet;
    QLineEdit* m_title;
    QLineEdit* m_author;
    QWidget* m_start = nullptr;
    QVector<BlockFrame*> m_frames; ///< in the order of the report
    bool m_filling = false;        ///< the frames are being taken over, and not all of them are in the list
    QString m_current;
    QString m_awaited; ///< block to be shown when it is there
    bool m_awaitedEdit = false;
    QString m_revealed; ///< block that was brought into view where it was before the last edit
    DropMark* m_mark;
    QString m_dragged;
    QPoint m_dragAt;
    QTimer m_scrolling;
    std::vector<BlockFrame*> m_queue; ///< with something to make, one a turn of the event loop
    QTimer m_refreshing;
};

} // namespace assay::widgets
