#pragma once

#include "widgets/theme/theme.h"

#include <QRect>
#include <QString>
#include <QVector>
#include <QWidget>

namespace assay::widgets {

/// Where a block stands on the paper.
struct BlockPlace
{
    QString id;
    QRect rect;
    bool figure = false;
};

/// What dropping a block would do: put it before a place, or make it panels of a figure.
struct DropTarget
{
    qsizetype before = -1;
    QString onto; ///< id of the figure; empty: none
    bool isNone() const { return before < 0 && onto.isEmpty(); }
    bool operator==(const DropTarget&) const = default;
};

/// A figure over the middle half of another figure becomes its panels; all else goes into the nearest gap.
/// None where dropping would change nothing. @p dragged: position in @p places, which are in order from the
/// top.
DropTarget dropTargetAt(const QVector<BlockPlace>& places, qsizetype dragged, int y);

/// Shows a DropTarget over the paper: a line in the gap, or a frame over the figure.
class DropMark : public QWidget
{
    Q_OBJECT
public:
    explicit DropMark(QWidget* parent);
    void setTheme(const Theme& theme) { m_theme = theme; }
    void showLine(const QRect& place);
    void showFrame(const QRect& place, const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Theme m_theme = Theme::light();
    QString m_text; ///< empty: a line
};

} // namespace assay::widgets
