#include "backend/engine/outbox.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace assay::engine {

Outbox::Outbox(int fd, std::function<void()> broken)
    : m_fd(fd)
    , m_wakeFd(::eventfd(0, EFD_CLOEXEC))
    , m_broken(std::move(broken))
    , m_thread([this] { loop(); })
{}

Outbox::~Outbox()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_changed.notify_all();
    const std::uint64_t one = 1;
    if (::write(m_wakeFd, &one, sizeof one) < 0) {
        // An eventfd refuses only when it is already set.
    }
    m_thread.join();
    ::close(m_wakeFd);
}

void Outbox::push(QByteArray frame)
{
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_dead || m_ending || m_bytes <= kMaxQueuedBytes; });
        if (m_dead || m_ending)
            return;
        m_bytes += frame.size();
        m_queue.push_back(std::move(frame));
    }
    m_changed.notify_all();
}

bool Outbox::pushNow(QByteArray frame)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_dead || m_ending)
            return true;
        if (m_bytes > kMaxUnreadBytes)
            return false;
        m_bytes += frame.size();
        m_queue.push_back(std::move(frame));
    }
    m_changed.notify_all();
    return true;
}

bool Outbox::drain(std::chrono::milliseconds limit) const
{
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, limit, [&] { return m_dead || m_bytes == 0; });
}

void Outbox::loop()
{
    for (;;) {
        QByteArray frame;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [&] { return m_ending || !m_queue.empty(); });
            if (m_ending)
                return;
            frame = std::move(m_queue.front());
            m_queue.pop_front();
        }
        const bool written = writeFrame(frame);
        bool ending = false;
        {
            const std::lock_guard lock(m_mutex);
            m_bytes -= frame.size();
            ending = m_ending;
            if (!written) {
                m_dead = true;
                m_queue.clear();
            }
        }
        m_changed.notify_all();
        if (written)
            continue;
        if (!ending)
            m_broken();
        return;
    }
}

bool Outbox::writeFrame(const QByteArray& frame) const
{
    // A pipe that polls as writable takes PIPE_BUF bytes without blocking, so that the thread can always be
    // woken. O_NONBLOCK would do the same to whoever shares the other end of a terminal or log.
    qsizetype done = 0;
    while (done < frame.size()) {
        pollfd fds[] = {{m_fd, POLLOUT, 0}, {m_wakeFd, POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
        if (fds[1].revents != 0)
            return false;
        if (fds[0].revents == 0)
            continue;
        const ssize_t n =
            ::write(m_fd, frame.constData() + done,
                    static_cast<std::size_t>(std::min<qsizetype>(frame.size() - done, PIPE_BUF)));
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        done += std::max<ssize_t>(n, 0);
    }
    return true;
}

} // namespace assay::engine
