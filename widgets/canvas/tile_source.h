#pragma once

#include "widgets/canvas/pixel_buffer.h"
#include "widgets/canvas/tile_grid.h"

namespace assay::widgets {

/// Something that a renderer can ask for tiles: an image or a mask. GUI thread only.
class TileSource
{
public:
    TileSource();
    virtual ~TileSource() = default;
    TileSource(const TileSource&) = delete;
    TileSource& operator=(const TileSource&) = delete;

    /// Differs between all sources that ever lived, so that textures of a source that is gone are not
    /// mistaken.
    quint64 id() const { return m_id; }
    virtual const TileGrid& grid() const = 0;
    /// The pixels of a tile with its apron, grid().textureSize(key) of them.
    virtual PixelBlock tile(const TileKey& key) const = 0;
    /// Grows whenever tile() would give other pixels than before.
    virtual quint64 revision(const TileKey& key) const = 0;

protected:
    /// The tile's area on its level, apron included: what tile() cuts out.
    QRect areaWithApron(const TileKey& key) const;

private:
    quint64 m_id;
};

} // namespace assay::widgets
