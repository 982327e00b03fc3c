#pragma once

#include "widgets/browsing/thumbnail_store.h"
#include "widgets/gallery/tile_layout.h"
#include "widgets/theme/theme.h"

#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QPixmap>
#include <QPointer>
#include <QTimer>

#include <functional>

namespace assay::widgets {

class Selection;

/// Thumbnails of any number of samples. Only what is visible is painted and asked for, with the screens after
/// and before it; what has not arrived is a plain tile. Click chooses, Ctrl adds or removes, Shift extends;
/// arrows, Page, Home and End move, Space toggles, Ctrl+A chooses all shown, Escape none; Ctrl+wheel, plus
/// and minus zoom.
class SampleTiles : public QAbstractScrollArea
{
    Q_OBJECT
public:
    /// @param owner who is named as the author of changes of the selection
    SampleTiles(ThumbnailStore& store, const QObject* owner, QWidget* parent);

    /// The selection that is shown and changed; outlives this or is replaced.
    void setSelection(Selection* selection);
    /// Ids that are shown, ascending. @p empty is said when there are none.
    void setShown(QVector<qint64> ids, const QString& empty);
    const QVector<qint64>& shown() const { return m_shown; }
    /// Size of the images, for the shape of the tiles.
    void setImageSize(QSize size);
    /// Text under a tile.
    void setCaption(std::function<QString(qint64)> caption);
    /// Wanted height of an image; made a whole multiple of its pixels where it is enlarged.
    void setImageSide(int side);
    int imageSide() const { return m_side; }
    void setTheme(const Theme& theme);
    const TileLayout& tiles() const { return m_layout; }
    /// -1 where it is not shown.
    int positionOf(qint64 id) const;
    void reveal(int position);
    int smallestSide() const;
    int largestSide() const;

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
    void wantVisible();
    void drawTile(QPainter& painter, int position);
    void drawPicture(QPainter& painter, const QRect& place, qint64 id);
    QPixmap scaled(qint64 id);
    void choose(int position, Qt::KeyboardModifiers modifiers);
    bool moveBy(int key, Qt::KeyboardModifiers modifiers);
    void zoomBy(double factor);
    QPoint offset() const;

    /// A picture as it was last painted; `source` tells whether a better one has arrived since.
    struct Picture
    {
        QPixmap pixmap;
        qint64 source = 0;
    };

    ThumbnailStore& m_store;
    const QObject* m_owner;
    QPointer<Selection> m_selection;
    QVector<qint64> m_shown;
    QString m_empty;
    std::function<QString(qint64)> m_caption;
    QSize m_imageSize{1, 1};
    int m_side = 84;
    int m_current = -1; ///< position with the keyboard focus
    int m_anchor = -1;  ///< where a Shift range starts
    int m_hot = -1;
    Theme m_theme = Theme::light();
    TileLayout m_layout;
    QCache<qint64, Picture> m_pictures;
    QTimer m_wanting;          ///< what is visible is asked for once a turn of the event loop
    QElapsedTimer m_painting;  ///< runs while tiles are painted
    bool m_unfinished = false; ///< some pictures were left for the next repaint
};

} // namespace assay::widgets
