#pragma once

#include "backend/protocol/message.h"

#include <QMutex>
#include <QString>
#include <QWaitCondition>

#include <deque>
#include <functional>
#include <optional>
#include <variant>

namespace assay::widgets {

/// The child runs and has this process id.
struct ChildStarted
{
    qint64 processId = 0;
};
/// The child never ran.
struct ChildMissing
{
    QString reason;
};
/// The child ended. Always the last entry of an inbox.
struct ChildEnded
{
    bool crashed = false;
    int code = 0; ///< exit status, or the number of the signal when crashed
};
/// What the child sent cannot be a conversation; it is being killed.
struct StreamLost
{
    QString reason;
};
/// A frame that could not be read; those after it can.
struct FrameLost
{
    QString reason;
};
/// A line of the child's standard error.
struct ChildSaid
{
    QString line;
};

using Incoming =
    std::variant<protocol::Message, ChildStarted, ChildMissing, ChildEnded, StreamLost, FrameLost, ChildSaid>;

/// What one child sent, on its way from the reader's thread to the GUI thread. Bounded: put() waits while
/// the window lags behind, the reader then leaves the pipe alone, and the engine's writes wait in turn.
class EngineInbox
{
public:
    /// @param wake called on the reader's thread when the first entry after an empty inbox arrives.
    explicit EngineInbox(std::function<void()> wake);

    /// @param bytes what the entry weighs. @returns false when nobody will read it any more.
    bool put(Incoming entry, qsizetype bytes);
    /// Never waits.
    std::optional<Incoming> take();
    /// Nobody will read any more: put() returns at once from now on.
    void close();

private:
    struct Entry
    {
        Incoming value;
        qsizetype bytes;
    };
    bool isFull() const;

    QMutex m_mutex; ///< guards all below
    QWaitCondition m_room;
    std::deque<Entry> m_entries;
    qsizetype m_bytes = 0;
    bool m_awake = false;
    bool m_closed = false;
    const std::function<void()> m_wake;
};

} // namespace assay::widgets
