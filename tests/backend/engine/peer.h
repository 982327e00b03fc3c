#pragma once

#include "backend/protocol/codec.h"

#include <QProcess>
#include <QTemporaryDir>

#include <optional>
#include <string>
#include <vector>

namespace assay::test {

using namespace assay::protocol;

inline constexpr int kLongMs = 60000;

/// `assay-cli serve` as the window would start it.
class Peer
{
public:
    explicit Peer(const QTemporaryDir& dir)
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", dir.path());
        environment.insert("XDG_DATA_HOME", dir.path());
        environment.insert("ASSAY_PLUGIN_PATH", ASSAY_TEST_BUILD_DIR "/tests/plugins/test_plugin");
        process.setProcessEnvironment(environment);
        process.start(ASSAY_TEST_BUILD_DIR "/bin/assay-cli", {"serve", "--workspace", dir.filePath("work")});
    }
    ~Peer()
    {
        process.kill();
        process.waitForFinished();
    }

    void greet() { send(Hello{kProtocolVersion, "test", "1"}); }
    void send(const Message& message) { process.write(encodeFrame(message)); }
    std::uint64_t ask(const std::string& method, Json params = Json::object())
    {
        send(Request{++m_lastId, method, std::move(params)});
        return m_lastId;
    }
    /// The next message, or nullopt when the engine ended. Throws when what came is no frame.
    std::optional<Message> next()
    {
        for (;;) {
            if (const auto payload = m_frames.next()) {
                if (auto message = decodeMessage(*payload))
                    return message;
                continue;
            }
            if (process.bytesAvailable() == 0 && !process.waitForReadyRead(kLongMs))
                return std::nullopt;
            m_frames.feed(process.readAllStandardOutput());
        }
    }
    /// Reads on until the reply to @p id; everything else is kept in `events`.
    Reply reply(std::uint64_t id)
    {
        for (auto it = m_early.begin(); it != m_early.end(); ++it) {
            if (it->id == id) {
                Reply early = std::move(*it);
                m_early.erase(it);
                return early;
            }
        }
        while (auto message = next()) {
            if (auto* reply = std::get_if<Reply>(&*message); reply && reply->id == id)
                return *reply;
            keep(*message);
        }
        return Reply{id, false, {}, {}, "the engine ended"};
    }
    Reply call(const std::string& method, Json params = Json::object())
    {
        return reply(ask(method, std::move(params)));
    }
    std::string startRun(const std::string& study, Json params = Json::object())
    {
        const Reply reply = call("run.start", {{"spec", {{"study", study}, {"params", params}}}});
        return reply.ok ? reply.result["run"].get<std::string>() : "FAILED: " + reply.error;
    }
    /// Reads on until the run says this, or has ended.
    template <class T, class Match>
    bool waitFor(Match match)
    {
        for (std::size_t i = 0;; ++i) {
            while (i == events.size()) {
                const auto message = next();
                if (!message)
                    return false;
                keep(*message);
            }
            if (const auto* value = std::get_if<T>(&events[i].event); value && match(*value))
                return true;
        }
    }
    RunFinished end()
    {
        RunFinished found{RunState::Queued, "no end", 0, {}};
        waitFor<RunFinished>([&](const RunFinished& e) {
            found = e;
            return true;
        });
        return found;
    }

    /// Reads one message and keeps it. @returns false when none came.
    bool collect()
    {
        const auto message = next();
        if (message)
            keep(*message);
        return message.has_value();
    }

    /// Waits for the engine's end, which reading may have noticed already.
    bool ended() { return process.state() == QProcess::NotRunning || process.waitForFinished(kLongMs); }

    QProcess process;
    std::vector<RunEvent> events;
    std::vector<PreviewEvent> previews;
    std::vector<Notice> notices;

private:
    void keep(const Message& message)
    {
        if (const auto* event = std::get_if<RunEvent>(&message))
            events.push_back(*event);
        else if (const auto* preview = std::get_if<PreviewEvent>(&message))
            previews.push_back(*preview);
        else if (const auto* notice = std::get_if<Notice>(&message))
            notices.push_back(*notice);
        else if (const auto* reply = std::get_if<Reply>(&message))
            m_early.push_back(*reply);
    }

    FrameReader m_frames;
    std::vector<Reply> m_early; ///< answers that came while another was waited for
    std::uint64_t m_lastId = 0;
};

} // namespace assay::test
