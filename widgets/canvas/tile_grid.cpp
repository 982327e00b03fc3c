#include "widgets/canvas/tile_grid.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

TileGrid::TileGrid(const QSize& image)
    : m_image(image)
{
    if (image.isEmpty())
        return;
    m_levels = 1;
    for (QSize size = image; size.width() > kTile || size.height() > kTile; ++m_levels)
        size = levelSize(m_levels);
}

QSize TileGrid::levelSize(int level) const
{
    const int part = (1 << level) - 1;
    return {(m_image.width() + part) >> level, (m_image.height() + part) >> level};
}

int TileGrid::levelFor(double devicePixels) const
{
    if (m_levels == 0 || !(devicePixels > 0))
        return 0;
    return std::clamp(static_cast<int>(std::floor(-std::log2(devicePixels))), 0, m_levels - 1);
}

QRect TileGrid::pixels(const TileKey& key) const
{
    return QRect(key.column * kTile, key.row * kTile, kTile, kTile) &
           QRect(QPoint(0, 0), levelSize(key.level));
}

QSize TileGrid::textureSize(const TileKey& key) const
{
    return pixels(key).size() + QSize(2 * kApron, 2 * kApron);
}

QRectF TileGrid::extent(const TileKey& key) const
{
    const QRect inLevel = pixels(key);
    const double factor = 1 << key.level;
    return QRectF(inLevel.x() * factor, inLevel.y() * factor, inLevel.width() * factor,
                  inLevel.height() * factor) &
           QRectF(QPointF(0, 0), QSizeF(m_image));
}

QRectF TileGrid::textureRect(const TileKey& key, const QRectF& imageRect) const
{
    const QRect inLevel = pixels(key);
    const QSize texture = textureSize(key);
    const double factor = 1 << key.level;
    return {(imageRect.x() / factor - inLevel.x() + kApron) / texture.width(),
            (imageRect.y() / factor - inLevel.y() + kApron) / texture.height(),
            imageRect.width() / factor / texture.width(), imageRect.height() / factor / texture.height()};
}

TileKey TileGrid::ancestor(const TileKey& key, int level) const
{
    const int steps = level - key.level;
    return {level, key.column >> steps, key.row >> steps};
}

QVector<TileKey> TileGrid::visible(const QRectF& imageRect, int level) const
{
    const QRectF seen = imageRect & QRectF(QPointF(0, 0), QSizeF(m_image));
    if (m_levels == 0 || seen.isEmpty())
        return {};
    const double side = double(kTile) * (1 << level);
    const int left = static_cast<int>(seen.left() / side), top = static_cast<int>(seen.top() / side);
    const int right = static_cast<int>(std::ceil(seen.right() / side)) - 1;
    const int bottom = static_cast<int>(std::ceil(seen.bottom() / side)) - 1;
    QVector<TileKey> keys;
    for (int row = top; row <= bottom; ++row)
        for (int column = left; column <= right; ++column)
            keys.append({level, column, row});
    const QPointF middle = seen.center() / side - QPointF(0.5, 0.5);
    const auto distance = [&middle](const TileKey& key) {
        const QPointF d = QPointF(key.column, key.row) - middle;
        return QPointF::dotProduct(d, d);
    };
    std::ranges::stable_sort(keys, {}, distance);
    return keys;
}

} // namespace assay::widgets
