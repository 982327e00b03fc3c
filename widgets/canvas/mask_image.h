#pragma once

#include "widgets/canvas/tile_source.h"

#include <QImage>
#include <QPointF>
#include <QVector>

namespace assay::widgets {

/// A mask over an image: 255 inside, 0 outside, as large as the image. Tiles know when they changed, so that
/// a stroke over a large image uploads little. GUI thread only.
class MaskImage : public TileSource
{
public:
    /// Empty (all outside). No memory is used for pixels until the first change.
    explicit MaskImage(const QSize& size);

    const QSize& size() const { return m_grid.imageSize(); }
    /// Nothing was ever painted: there is nothing to draw. Cheap, unlike isEmpty().
    bool isUntouched() const { return m_pixels.isNull(); }
    bool isEmpty() const;
    bool at(const QPoint& pixel) const;
    /// Format_Grayscale8; all zero when nothing was painted.
    QImage image() const;
    /// Replaces everything; values of 128 and more are inside. Returns false, changing nothing, when the size
    /// differs.
    bool setImage(const QImage& image);

    /// Paints a stroke from @p from to @p to (image pixels) with a round brush of @p radius image pixels: a
    /// pixel belongs to it when its centre does. Returns the area that it may have changed; empty when
    /// outside.
    QRect stroke(const QPointF& from, const QPointF& to, double radius, bool inside);
    /// The pixels whose centres lie in @p box (image pixels). Returns the area as stroke().
    QRect fill(const QRectF& box, bool inside);
    QRect clear();

    /// Copies out and puts back an area: what undo needs.
    QImage cutOut(const QRect& area) const;
    void putBack(const QRect& area, const QImage& pixels);
    /// Pixels inside.
    qint64 count() const;
    /// The share of the mask at @p place (image pixels), 0..1, as a screen of @p devicePixels per image pixel
    /// shows it: filtered where that is below 1, else the pixel itself. 0 outside.
    double coverage(const QPointF& place, double devicePixels) const;

    const TileGrid& grid() const override { return m_grid; }
    PixelBlock tile(const TileKey& key) const override;
    quint64 revision(const TileKey& key) const override;

private:
    void touch(const QRect& area);
    void require();
    void reduce(const QRect& area);
    const QImage& level(int level) const { return level == 0 ? m_pixels : m_reduced[level - 1]; }

    TileGrid m_grid;
    QImage m_pixels;           ///< null while nothing was painted
    QVector<QImage> m_reduced; ///< each half as large as the one before: means of what it stands for
    int m_columns = 0;
    QVector<quint64> m_revisions; ///< of the tiles of level 0, row by row
    quint64 m_last = 0;
};

} // namespace assay::widgets
