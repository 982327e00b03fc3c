#include "widgets/canvas/tile_source.h"

#include <atomic>

namespace assay::widgets {

TileSource::TileSource()
{
    static std::atomic<quint64> last = 0;
    m_id = ++last;
}

QRect TileSource::areaWithApron(const TileKey& key) const
{
    constexpr int apron = TileGrid::kApron;
    return grid().pixels(key).adjusted(-apron, -apron, apron, apron);
}

} // namespace assay::widgets
