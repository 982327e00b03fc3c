#pragma once

#include "widgets/canvas/canvas_image.h"
#include "widgets/canvas/tile_source.h"

#include <QObject>

#include <memory>

namespace assay::widgets {

/// An image and its reduced copies. Small images are reduced at once; large ones in a worker thread, level by
/// level, while tiles of levels that are not there yet come from every n-th pixel. GUI thread only.
class ImagePyramid : public QObject, public TileSource
{
    Q_OBJECT
public:
    explicit ImagePyramid(const CanvasImage& image, QObject* parent = nullptr);
    ~ImagePyramid() override;

    const CanvasImage& image() const { return m_image; }
    const TileGrid& grid() const override { return m_grid; }
    PixelBlock tile(const TileKey& key) const override;
    quint64 revision(const TileKey& key) const override;
    /// The pixels of a level; null while it is not ready.
    const PixelBuffer* level(int level) const;
    bool isComplete() const { return m_levels.size() == m_grid.levels(); }

Q_SIGNALS:
    /// A level's tiles have become better.
    void levelReady(int level);

private:
    struct Work;
    void take(const PixelBuffer& level);

    CanvasImage m_image;
    TileGrid m_grid;
    QVector<PixelBuffer> m_levels; ///< those that are ready; [0] is the image
    std::shared_ptr<Work> m_work;  ///< shared with the worker, which may outlive this object
};

} // namespace assay::widgets
