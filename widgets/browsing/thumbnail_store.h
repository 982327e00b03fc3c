#pragma once

#include "widgets/browsing/engine_port.h"

#include <QCache>
#include <QImage>
#include <QObject>
#include <QSet>
#include <QVector>

#include <vector>

namespace assay::widgets {

/// Thumbnails of one split, asked for while they are wanted. A few requests are under way at a time; what is
/// wanted next replaces what was wanted before, so that scrolling through 100,000 images asks only for those
/// at which it stops. Images are made by a thread; kCacheKiB of them are kept. GUI thread only.
class ThumbnailStore : public QObject
{
    Q_OBJECT
public:
    static constexpr int kMostIds = 96; ///< of one request; the protocol allows 256, smaller ones come sooner
    static constexpr int kMostUnderWay = 3;
    static constexpr qsizetype kCacheKiB = 64 * 1024;

    ThumbnailStore(EnginePort port, QObject* parent);

    /// Forgets everything. @param largestSide of the images; larger thumbnails are never asked for.
    void setSource(const QString& data, const QString& split, int largestSide);
    /// The ids that are wanted now, those wanted most first, as images of at least @p side where there are
    /// any that large. An image that is there in a smaller size is asked for again.
    void want(const QVector<qint64>& ids, int side);
    /// Null until it has arrived.
    QImage image(qint64 id) const;
    /// It was asked for alone and cannot be read.
    bool isBroken(qint64 id) const { return m_broken.contains(id); }
    /// While the engine is away, failures say nothing about the images; what is wanted is asked for again
    /// when it is back.
    void setReady(bool ready);
    int underWay() const { return m_underWay; }

Q_SIGNALS:
    void arrived();
    /// The engine refused; @p sentence says why.
    void refused(const QString& sentence);

private:
    struct Thumbnail
    {
        QImage image;
        int level = 0;
    };

    bool isMissing(qint64 id) const;
    void ask();
    void send(const QVector<qint64>& ids);
    void take(const QVector<qint64>& ids, int level, quint64 source, const protocol::Reply& reply);
    void keep(const QVector<qint64>& ids, int level, std::vector<QImage> images);
    void refuse(const QVector<qint64>& ids, const QString& sentence);

    EnginePort m_port;
    QString m_data, m_split;
    int m_largestSide = 0;
    int m_level = 0; ///< side that is asked for
    bool m_ready = true;
    quint64 m_source = 0; ///< replies of an earlier source are dropped
    int m_underWay = 0;
    QVector<qint64> m_wanted;
    QSet<qint64> m_asked;
    QSet<qint64> m_broken;
    QSet<qint64> m_suspect; ///< one of them cannot be read: they are asked for alone
    mutable QCache<qint64, Thumbnail> m_cache;
};

} // namespace assay::widgets
