#pragma once

#include <QHashFunctions>
#include <QRect>
#include <QRectF>
#include <QSize>
#include <QVector>

namespace assay::widgets {

/// One tile of a pyramid: level 0 is the image itself, level k is reduced 2^k times.
struct TileKey
{
    int level = 0;
    int column = 0;
    int row = 0;
    bool operator==(const TileKey&) const = default;
};

inline size_t qHash(const TileKey& key, size_t seed = 0)
{
    return qHashMulti(seed, key.level, key.column, key.row);
}

/// How an image of some size is cut into tiles on each level of its pyramid. A tile's texture holds its
/// pixels and an apron of one pixel of its neighbours (the edge repeated at the border), so that linear
/// filtering shows no seams. Pure arithmetic.
class TileGrid
{
public:
    static constexpr int kTile = 512; ///< pixels of a tile's side without the apron
    static constexpr int kApron = 1;

    TileGrid() = default;
    explicit TileGrid(const QSize& image);

    const QSize& imageSize() const { return m_image; }
    /// Levels down to the first that is one tile; 0 for an empty image.
    int levels() const { return m_levels; }
    /// Rounded up: the last pixel of a level may stand for fewer than 2^k image pixels.
    QSize levelSize(int level) const;
    /// The finest level whose pixels are not drawn smaller than half a device pixel.
    /// @param devicePixels device pixels per image pixel
    int levelFor(double devicePixels) const;

    /// The tile's pixels on its level, without the apron.
    QRect pixels(const TileKey& key) const;
    /// Width and height of the tile's texture, apron included.
    QSize textureSize(const TileKey& key) const;
    /// What the tile covers, in image pixels.
    QRectF extent(const TileKey& key) const;
    /// Texture coordinates (0..1) of @p imageRect (image pixels) in the texture of @p key.
    QRectF textureRect(const TileKey& key, const QRectF& imageRect) const;
    /// The tile of @p level (coarser or equal) that holds @p key.
    TileKey ancestor(const TileKey& key, int level) const;
    /// The tiles that @p imageRect touches, from the middle outwards.
    QVector<TileKey> visible(const QRectF& imageRect, int level) const;

private:
    QSize m_image;
    int m_levels = 0;
};

} // namespace assay::widgets
