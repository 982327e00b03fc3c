#pragma once

#include "widgets/gallery/grid_pixels.h"
#include "widgets/gallery/tile_layout.h"
#include "widgets/theme/theme.h"

#include <QAbstractScrollArea>
#include <QCache>
#include <QElapsedTimer>
#include <QPixmap>
#include <QPointer>
#include <QVector>

namespace assay::widgets {

class Selection;

/// The tiles themselves: paints those that are visible and no others, from a bounded cache of scaled pixmaps.
/// Click chooses, Ctrl adds or removes, Shift extends; arrows, Page, Home and End move, Space toggles, Ctrl+A
/// chooses all shown, Escape none; Ctrl+wheel zooms.
class TileView : public QAbstractScrollArea
{
    Q_OBJECT
public:
    /// @param owner who is named as the author of changes of the selection
    TileView(Selection* selection, const QObject* owner, QWidget* parent = nullptr);

    void setGrid(std::shared_ptr<const protocol::ImageGrid> grid, GridPixels pixels);
    /// Positions in the grid, in the order shown. @p empty is said when there are none.
    void setShown(QVector<int> shown, const QString& empty);
    /// One variant, or all of them side by side for -1.
    void setVariant(int variant);
    /// Wanted height of an image; made a whole multiple of its pixels where it is enlarged.
    void setImageSide(int side);
    int imageSide() const { return m_side; }
    void setCaptions(QVector<int> attributes);
    void setFrameAttribute(int attribute);
    void setTheme(const Theme& theme);
    const TileLayout& tiles() const { return m_layout; }
    /// Position among the shown tiles of the sample @p id, -1 for none.
    int positionOf(qint64 id) const;
    void reveal(int position);

    static int smallestSide(const QWidget* widget);
    static int largestSide(const QWidget* widget);

Q_SIGNALS:
    void zoomRequested(int side);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void relayout();
    void drawTile(QPainter& painter, int position);
    void drawCaption(QPainter& painter, int position, int index);
    QPixmap scaled(int index, int variant);
    qint64 idAt(int position) const;
    void choose(int position, Qt::KeyboardModifiers modifiers);
    QString tipAt(int position) const;
    QPoint offset() const;

    QPointer<Selection> m_selection;
    const QObject* m_owner;
    std::shared_ptr<const protocol::ImageGrid> m_grid;
    GridPixels m_pixels;
    QVector<int> m_shown;
    QVector<int> m_captions;
    int m_frameAttribute = -1;
    int m_variant = -1;
    int m_side = 84;
    int m_current = -1; ///< position with the keyboard focus
    int m_anchor = -1;  ///< where a Shift range starts
    int m_hot = -1;
    QString m_empty;
    Theme m_theme = Theme::light();
    TileLayout m_layout;
    QCache<quint64, QPixmap> m_cache;
    QElapsedTimer m_painting;  ///< runs while tiles are painted
    bool m_unfinished = false; ///< some pictures were left for the next repaint
};

} // namespace assay::widgets
