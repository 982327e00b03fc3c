#include "backend/engine/run_reader.h"

#include "backend/engine/event_log.h"
#include "backend/engine/files.h"
#include "backend/protocol/error.h"

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

constexpr qint64 kBlockBytes = 256 << 10;

/// Copies the first @p bytes of @p from to @p to, block by block, by way of a temporary file.
void copyPrefix(const fs::path& from, const fs::path& to, std::int64_t bytes)
{
    QFile in(QString::fromStdString(from.string()));
    const fs::path temporary = to.string() + ".tmp";
    QFile out(QString::fromStdString(temporary.string()));
    if (!in.open(QIODevice::ReadOnly) || !out.open(QIODevice::WriteOnly | QIODevice::Truncate))
        throw Error("the file cannot be copied", from.string());
    while (bytes > 0) {
        const QByteArray block = in.read(std::min<qint64>(bytes, kBlockBytes));
        if (block.isEmpty() || out.write(block) != block.size())
            throw Error("the file cannot be copied", from.string());
        bytes -= block.size();
    }
    if (!out.flush())
        throw Error("the file cannot be copied", from.string());
    out.close();
    fs::rename(temporary, to);
}

} // namespace

RunReader::RunReader(const fs::path& folder)
    : m_folder(folder)
    , m_file(QString::fromStdString((folder / "events.cbor").string()))
    , m_block(kBlockBytes, Qt::Uninitialized)
{
    if (!m_file.open(QIODevice::ReadOnly))
        throw Error("this folder holds no events.cbor that can be read", folder.string(),
                    "Name the folder of a run");
}

std::optional<protocol::Event> RunReader::next()
{
    while (!m_ended) {
        try {
            if (const auto payload = m_frames.next()) {
                auto event = protocol::decodeEvent(*payload);
                m_goodBytes = m_frames.consumed();
                if (!event)
                    continue;
                ++m_count;
                return event;
            }
        } catch (const Error& error) {
            damaged(error.happened());
            break;
        }
        const qint64 n = m_file.read(m_block.data(), m_block.size());
        if (n > 0)
            m_frames.feed(m_block.constData(), n);
        else
            endOfFile();
    }
    return std::nullopt;
}

void RunReader::endOfFile()
{
    m_ended = true;
    const auto torn = m_frames.pending();
    if (torn == 0 || EventLog::isBeingWritten(m_folder / "events.cbor"))
        return;
    m_notice = (m_folder / "events.cbor").string() +
               ": the last event was torn off while it was written; its " + std::to_string(torn) +
               " bytes are left out and the " + std::to_string(m_count) + " events before it are shown.";
}

void RunReader::damaged(const std::string& why)
{
    m_ended = true;
    const fs::path file = m_folder / "events.cbor";
    const fs::path aside = m_folder / "events.damaged.cbor";
    m_notice = file.string() + ": damaged at byte " + std::to_string(m_goodBytes) + " (" + why + "). The " +
               std::to_string(m_count) + " events before that are kept";
    try {
        m_file.close();
        fs::rename(file, aside);
        copyPrefix(aside, file, m_goodBytes);
        m_notice += ", and the damaged file was set aside as events.damaged.cbor.";
    } catch (const std::exception& error) {
        m_notice += "; the damaged file could not be set aside: " + std::string(error.what());
    }
}

} // namespace assay::engine
