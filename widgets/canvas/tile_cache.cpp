#include "widgets/canvas/tile_cache.h"

#include <QOpenGLContext>

#include <algorithm>

namespace assay::widgets {

namespace {

/// A frame that spends longer on new tiles than this leaves the others to the next.
constexpr qint64 kUploadNs = 5'000'000;

struct TextureFormat
{
    GLint stored;
    GLenum given, type;
};

TextureFormat formatOf(const PixelBlock& block)
{
    const GLenum type = block.isFloat ? GL_FLOAT : GL_UNSIGNED_BYTE;
    switch (block.channels) {
    case 1:
        return {block.isFloat ? GL_R32F : GL_R8, GL_RED, type};
    case 3:
        return {block.isFloat ? GL_RGB32F : GL_RGB8, GL_RGB, type};
    default:
        return {block.isFloat ? GL_RGBA32F : GL_RGBA8, GL_RGBA, type};
    }
}

QOpenGLExtraFunctions& gl()
{
    return *QOpenGLContext::currentContext()->extraFunctions();
}

} // namespace

TileCache::TileCache(qint64 bytes)
    : m_budget(bytes)
{}

void TileCache::beginFrame()
{
    ++m_frame;
    m_uploadsInFrame = 0;
    m_waiting = false;
    m_frameTime.start();
}

bool TileCache::hasTime() const
{
    return m_uploadsInFrame == 0 || m_frameTime.nsecsElapsed() < kUploadNs;
}

TileCache::Found TileCache::find(const TileSource& source, const TileKey& wanted)
{
    const int coarsest = source.grid().levels() - 1;
    for (int level = wanted.level; level <= coarsest; ++level) {
        const TileKey key = source.grid().ancestor(wanted, level);
        const auto known = m_entries.find({source.id(), key});
        const bool present = known != m_entries.end();
        const bool fresh = present && known->revision == source.revision(key);
        // Coarser tiles are taken as they are; only when there is none at all the coarsest is made.
        const bool make = level == wanted.level ? !fresh && hasTime() : !present && level == coarsest;
        if (make) {
            Entry& entry = m_entries[{source.id(), key}];
            upload(entry, source, key);
            entry.frame = m_frame;
            m_waiting |= level != wanted.level;
            return {entry.texture, key};
        }
        if (present) {
            known->frame = m_frame;
            m_waiting |= !fresh || level != wanted.level;
            return {known->texture, key};
        }
    }
    return {};
}

void TileCache::upload(Entry& entry, const TileSource& source, const TileKey& key)
{
    const PixelBlock block = source.tile(key);
    const TextureFormat format = formatOf(block);
    auto& f = gl();
    if (entry.texture == 0)
        f.glGenTextures(1, &entry.texture);
    f.glBindTexture(GL_TEXTURE_2D, entry.texture);
    f.glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    f.glTexImage2D(GL_TEXTURE_2D, 0, format.stored, block.size.width(), block.size.height(), 0, format.given,
                   format.type, block.bytes.data());
    f.glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    f.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    if (block.channels == 1) {
        f.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_G, GL_RED);
        f.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_B, GL_RED);
    }
    m_bytes += static_cast<qint64>(block.bytes.size()) - entry.bytes;
    entry.bytes = static_cast<qint64>(block.bytes.size());
    entry.revision = source.revision(key);
    ++m_uploads;
    ++m_uploadsInFrame;
}

void TileCache::endFrame()
{
    if (m_bytes <= m_budget)
        return;
    QVector<std::pair<quint64, Key>> unused;
    for (auto it = m_entries.constBegin(); it != m_entries.constEnd(); ++it)
        if (it->frame != m_frame)
            unused.append({it->frame, it.key()});
    std::ranges::sort(unused, {}, [](const auto& entry) { return entry.first; });
    for (const auto& [frame, key] : unused) {
        if (m_bytes <= m_budget)
            return;
        const Entry entry = m_entries.take(key);
        gl().glDeleteTextures(1, &entry.texture);
        m_bytes -= entry.bytes;
    }
}

void TileCache::release()
{
    for (const Entry& entry : std::as_const(m_entries))
        gl().glDeleteTextures(1, &entry.texture);
    m_entries.clear();
    m_bytes = 0;
}

} // namespace assay::widgets
