#include "backend/engine/event_log.h"

#include "backend/engine/files.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace assay::engine {

EventLog::EventLog(std::filesystem::path file)
    : m_file(std::move(file))
    , m_fd(::open(m_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644))
{
    if (m_fd < 0)
        throwFileError(errno, m_file);
    // The file is new: whoever asks isBeingWritten() just now holds the lock for an instant only. A file
    // system without locks costs nothing but the sign of life.
    while (::flock(m_fd, LOCK_EX) != 0 && errno == EINTR) {
    }
}

EventLog::EventLog(EventLog&& other) noexcept
    : m_file(std::move(other.m_file))
    , m_fd(std::exchange(other.m_fd, -1))
    , m_bytes(other.m_bytes)
{}

EventLog::~EventLog()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

void EventLog::append(const QByteArray& frame)
{
    qsizetype written = 0;
    while (written < frame.size()) {
        const ssize_t n =
            ::write(m_fd, frame.constData() + written, static_cast<std::size_t>(frame.size() - written));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            const int error = errno;
            if (::ftruncate(m_fd, m_bytes) != 0) {
                // Then the torn frame stays, and readers drop it with a notice.
            }
            throwFileError(error, m_file);
        }
        written += n;
    }
    m_bytes += frame.size();
}

void EventLog::sync()
{
    if (::fsync(m_fd) != 0)
        throwFileError(errno, m_file);
}

bool EventLog::isBeingWritten(const std::filesystem::path& file)
{
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool locked = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(fd);
    return locked;
}

} // namespace assay::engine
