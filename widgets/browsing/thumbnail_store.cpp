#include "widgets/browsing/thumbnail_store.h"

#include "widgets/browsing/background.h"
#include "widgets/browsing/sample_pixels.h"

#include <algorithm>
#include <exception>
#include <memory>

namespace assay::widgets {

namespace {

/// Sides that are asked for, so that a slider that moves does not make the engine shrink everything anew.
constexpr int kLevels[] = {32, 64, 128, 256, 512};

struct Converted
{
    std::vector<QImage> images;
    QString problem;
};

} // namespace

ThumbnailStore::ThumbnailStore(EnginePort port, QObject* parent)
    : QObject(parent)
    , m_port(std::move(port))
    , m_cache(kCacheKiB)
{}

void ThumbnailStore::setSource(const QString& data, const QString& split, int largestSide)
{
    ++m_source;
    m_data = data;
    m_split = split;
    m_largestSide = std::max(1, largestSide);
    m_underWay = 0;
    m_wanted.clear();
    m_asked.clear();
    m_broken.clear();
    m_suspect.clear();
    m_cache.clear();
}

void ThumbnailStore::want(const QVector<qint64>& ids, int side)
{
    const auto level = std::lower_bound(std::begin(kLevels), std::end(kLevels), side);
    m_level = std::min(level == std::end(kLevels) ? kLevels[std::size(kLevels) - 1] : *level, m_largestSide);
    m_wanted = ids;
    ask();
}

QImage ThumbnailStore::image(qint64 id) const
{
    const Thumbnail* found = m_cache.object(id);
    return found ? found->image : QImage();
}

void ThumbnailStore::setReady(bool ready)
{
    if (m_ready == ready)
        return;
    m_ready = ready;
    ask();
}

bool ThumbnailStore::isMissing(qint64 id) const
{
    if (m_asked.contains(id) || m_broken.contains(id))
        return false;
    const Thumbnail* found = m_cache.object(id);
    return !found || found->level < m_level;
}

void ThumbnailStore::ask()
{
    if (!m_ready || m_data.isEmpty())
        return;
    auto next = m_wanted.cbegin();
    while (m_underWay < kMostUnderWay && next != m_wanted.cend()) {
        QVector<qint64> ids;
        for (; next != m_wanted.cend() && ids.size() < kMostIds; ++next) {
            if (!isMissing(*next))
                continue;
            const bool alone = m_suspect.contains(*next);
            if (alone && !ids.isEmpty())
                break;
            ids.append(*next);
            if (alone) {
                ++next;
                break;
            }
        }
        if (!ids.isEmpty())
            send(ids);
    }
}

void ThumbnailStore::send(const QVector<qint64>& ids)
{
    ++m_underWay;
    Json list = Json::array();
    for (const qint64 id : ids) {
        m_asked.insert(id);
        list.push_back(id);
    }
    const Json params = {{"data", m_data.toStdString()},
                         {"split", m_split.toStdString()},
                         {"ids", std::move(list)},
                         {"side", m_level}};
    m_port("data.thumbnails", params, this,
           [this, ids, level = m_level, source = m_source](const protocol::Reply& reply) {
               take(ids, level, source, reply);
           });
}

void ThumbnailStore::take(const QVector<qint64>& ids, int level, quint64 source, const protocol::Reply& reply)
{
    if (source != m_source)
        return;
    if (!reply.ok) {
        --m_underWay;
        refuse(ids, QString::fromStdString(reply.error));
        return;
    }
    const auto bytes = std::make_shared<const std::vector<std::uint8_t>>(reply.bytes);
    inBackground(
        this,
        [head = reply.result, bytes, count = std::size_t(ids.size())] {
            Converted converted;
            try {
                converted.images = readThumbnails(head, *bytes, count);
            } catch (const std::exception& error) {
                converted.problem = QString::fromUtf8(error.what());
            }
            return converted;
        },
        [this, ids, level, source](Converted converted) {
            if (source != m_source)
                return;
            --m_underWay;
            if (converted.problem.isEmpty())
                keep(ids, level, std::move(converted.images));
            else
                refuse(ids, converted.problem);
        });
}

void ThumbnailStore::keep(const QVector<qint64>& ids, int level, std::vector<QImage> images)
{
    for (qsizetype i = 0; i < ids.size(); ++i) {
        const QImage& image = images[std::size_t(i)];
        m_asked.remove(ids[i]);
        m_suspect.remove(ids[i]);
        m_cache.insert(ids[i], new Thumbnail{image, level},
                       std::max<qsizetype>(1, image.sizeInBytes() / 1024));
    }
    ask();
    Q_EMIT arrived();
}

void ThumbnailStore::refuse(const QVector<qint64>& ids, const QString& sentence)
{
    for (const qint64 id : ids)
        m_asked.remove(id);
    if (!m_ready)
        return;
    for (const qint64 id : ids) {
        if (ids.size() == 1)
            m_broken.insert(id);
        else
            m_suspect.insert(id);
    }
    if (ids.size() == 1)
        Q_EMIT refused(sentence);
    ask();
    Q_EMIT arrived();
}

} // namespace assay::widgets
