#pragma once

#include <QRect>
#include <QSize>

#include <utility>

namespace assay::widgets {

/// Where tiles lie in a gallery of equal tiles that fills rows from the left. Pure geometry in pixels of the
/// contents; positions count the shown tiles from 0.
struct TileLayout
{
    int count = 0;
    int width = 0; ///< room for tiles
    QSize image{64, 64};
    int images = 1;  ///< variants of a tile: side by side, in several rows where the room is narrower
    int caption = 0; ///< height of the text under the images
    int inset = 4;   ///< between a tile's edge and its images
    int between = 2; ///< between the images of a tile
    int gap = 8;     ///< between tiles and around all of them

    QSize tile() const;
    /// Images beside each other in a tile, and how high all of them are.
    int imageColumns() const;
    int imagesHeight() const;
    int columns() const;
    int rows() const;
    int height() const;
    QRect rect(int position) const;
    /// Place of one image of a tile.
    QRect imageRect(int position, int image) const;
    QRect captionRect(int position) const;
    /// -1 where there is no tile.
    int at(const QPoint& point) const;
    /// Positions [first, last) that lie in rows touched by [top, bottom).
    std::pair<int, int> visible(int top, int bottom) const;
};

} // namespace assay::widgets
