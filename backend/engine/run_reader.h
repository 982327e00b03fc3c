#pragma once

#include "backend/protocol/codec.h"

#include <QFile>

#include <filesystem>
#include <optional>
#include <string>

namespace assay::engine {

/// Replays the stored events of a run, frame by frame: memory is bounded by the longest frame, whatever the
/// file's length.
class RunReader
{
public:
    /// @throws Error when the folder has no events.cbor.
    explicit RunReader(const std::filesystem::path& folder);

    /// The next event, nullopt at the end. Events of a kind this version does not know are skipped. At damage
    /// (not a torn tail) the events before it are kept in events.cbor, the damaged file is set aside as
    /// events.damaged.cbor, and notice() says so.
    std::optional<protocol::Event> next();

    /// After the end: empty, or a sentence about a torn tail or damage.
    const std::string& notice() const { return m_notice; }
    std::int64_t count() const { return m_count; }

private:
    void endOfFile();
    void damaged(const std::string& why);

    std::filesystem::path m_folder;
    QFile m_file;
    protocol::FrameReader m_frames;
    QByteArray m_block;
    std::string m_notice;
    std::int64_t m_count = 0;
    std::int64_t m_goodBytes = 0;
    bool m_ended = false;
};

} // namespace assay::engine
