#include "widgets/canvas/image_pyramid.h"

#include <QMutex>
#include <QThreadPool>

#include <atomic>

namespace assay::widgets {

namespace {

constexpr qint64 kAtOnce = 2 << 20; ///< pixels that are reduced in a few milliseconds

} // namespace

struct ImagePyramid::Work
{
    QMutex mutex;
    ImagePyramid* owner = nullptr; ///< guarded by mutex; null when the pyramid is gone
    std::atomic<bool> cancelled = false;
};

ImagePyramid::ImagePyramid(const CanvasImage& image, QObject* parent)
    : QObject(parent)
    , m_image(image)
    , m_grid(image.size())
{
    if (image.isNull())
        return;
    m_levels.append(image.pixels());
    const qint64 pixels = qint64(image.size().width()) * image.size().height();
    if (pixels <= kAtOnce) {
        while (!isComplete())
            m_levels.append(m_levels.last().halved());
        return;
    }
    m_work = std::make_shared<Work>();
    m_work->owner = this;
    QThreadPool::globalInstance()->start([work = m_work, level = m_levels.first(), count = m_grid.levels()] {
        PixelBuffer current = level;
        for (int i = 1; i < count && !work->cancelled; ++i) {
            current = current.halved();
            const QMutexLocker lock(&work->mutex);
            if (ImagePyramid* owner = work->owner)
                QMetaObject::invokeMethod(
                    owner, [owner, current] { owner->take(current); }, Qt::QueuedConnection);
        }
    });
}

ImagePyramid::~ImagePyramid()
{
    if (!m_work)
        return;
    m_work->cancelled = true;
    const QMutexLocker lock(&m_work->mutex);
    m_work->owner = nullptr;
}

void ImagePyramid::take(const PixelBuffer& level)
{
    m_levels.append(level);
    Q_EMIT levelReady(static_cast<int>(m_levels.size()) - 1);
}

const PixelBuffer* ImagePyramid::level(int level) const
{
    return level >= 0 && level < m_levels.size() ? &m_levels[level] : nullptr;
}

PixelBlock ImagePyramid::tile(const TileKey& key) const
{
    const QRect area = areaWithApron(key);
    if (const PixelBuffer* ready = level(key.level))
        return ready->cut(area);
    return m_levels.last().cut(area, 1 << (key.level - static_cast<int>(m_levels.size()) + 1));
}

quint64 ImagePyramid::revision(const TileKey& key) const
{
    return key.level < m_levels.size() ? 1 : 0;
}

} // namespace assay::widgets
