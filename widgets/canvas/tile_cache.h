#pragma once

#include "widgets/canvas/tile_source.h"

#include <QElapsedTimer>
#include <QHash>
#include <QOpenGLExtraFunctions>

namespace assay::widgets {

/// The textures of tiles: made when a tile is first seen, a few milliseconds' worth in each frame, thrown
/// away when not seen for long. Use only with the OpenGL context current in which it was made; release()
/// before that goes.
class TileCache
{
public:
    /// @param bytes of textures kept; what a frame shows is kept in any case
    explicit TileCache(qint64 bytes = qint64(256) << 20);

    void beginFrame();
    /// Throws away what does not fit.
    void endFrame();

    /// A texture that covers @p wanted, and the tile that it holds.
    struct Found
    {
        GLuint texture = 0;
        TileKey key;
    };
    /// The tile itself, or a coarser one until there is time for it: then isWaiting() becomes true.
    Found find(const TileSource& source, const TileKey& wanted);
    /// This frame lacks tiles: draw another one.
    bool isWaiting() const { return m_waiting; }
    qint64 bytes() const { return m_bytes; }
    int uploads() const { return m_uploads; } ///< since the beginning
    void release();

private:
    struct Key
    {
        quint64 source;
        TileKey tile;
        bool operator==(const Key&) const = default;
        friend size_t qHash(const Key& key, size_t seed) { return qHashMulti(seed, key.source, key.tile); }
    };
    struct Entry
    {
        GLuint texture = 0;
        quint64 revision = 0;
        qint64 bytes = 0;
        quint64 frame = 0; ///< when it was last used
    };
    void upload(Entry& entry, const TileSource& source, const TileKey& key);
    bool hasTime() const;

    qint64 m_budget;
    QHash<Key, Entry> m_entries;
    qint64 m_bytes = 0;
    quint64 m_frame = 0;
    int m_uploads = 0, m_uploadsInFrame = 0;
    bool m_waiting = false;
    QElapsedTimer m_frameTime;
};

} // namespace assay::widgets
