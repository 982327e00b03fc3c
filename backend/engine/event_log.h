#pragma once

#include "backend/protocol/event.h"

#include <QByteArray>

#include <filesystem>

namespace assay::engine {

/// An events.cbor opened for appending, locked against other writers while it is open.
class EventLog
{
public:
    /// Creates the file. @throws Error when it exists or cannot be made.
    explicit EventLog(std::filesystem::path file);
    EventLog(EventLog&& other) noexcept;
    EventLog& operator=(EventLog&&) = delete;
    ~EventLog();

    /// Appends one frame with one write. When the write fails half-way the torn part is cut off again.
    /// @throws Error.
    void append(const QByteArray& frame);
    /// Flushes to the disk. @throws Error.
    void sync();

    /// Whether some process is writing the log at @p file just now.
    static bool isBeingWritten(const std::filesystem::path& file);

private:
    std::filesystem::path m_file;
    int m_fd = -1;
    std::int64_t m_bytes = 0; ///< length of the whole frames written so far
};

} // namespace assay::engine
