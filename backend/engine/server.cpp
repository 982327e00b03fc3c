#include "backend/engine/server.h"

#include "backend/engine/catalogue.h"
#include "backend/engine/importing/card_watch.h"
#include "backend/engine/outbox.h"
#include "backend/engine/provenance.h"
#include "backend/engine/request_lanes.h"
#include "backend/engine/requests.h"
#include "backend/protocol/codec.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace assay::engine {

using namespace protocol;
using std::chrono::milliseconds;

namespace {

/// What a cancelled study, and a slow reader, get until the process ends without waiting for them.
constexpr milliseconds kEndGrace{800};
constexpr milliseconds kDrainGrace{200};
constexpr int kPeerIsWrong = 2;
/// How often the workspace is looked at for cards that another process put there.
constexpr milliseconds kWatchInterval{2000};

/// Wakes the reading thread from poll().
struct WakeUp
{
    const int fd = ::eventfd(0, EFD_CLOEXEC);
    ~WakeUp() { ::close(fd); }
};

/// One conversation. The thread that calls run() reads and never blocks on anything but reading.
class Session final : public EngineListener
{
public:
    explicit Session(ProtocolPipes pipes)
        : m_in(pipes.in)
        , m_reader(std::this_thread::get_id())
        , m_outbox(pipes.out, [this] { stop(); })
    {}

    int run(const std::filesystem::path& workspace);

    void runEvent(const RunEvent& event) override { send(event); }
    void previewEvent(const PreviewEvent& event) override { send(event); }
    void jobsChanged() override
    {
        if (m_engine)
            send(Notice{"jobs", jobsJson(*m_engine)});
    }
    void catalogueChanged() override { send(Notice{"catalogue", Json::object()}); }

private:
    void send(const Message& message);
    void stop();
    bool readSome();
    void readUntilEnd();
    void handle(Message message);
    void checkHello(const Message& message);
    void watchCards();
    bool windDown(); ///< @returns whether everything ended in time

    int m_in;
    WakeUp m_wake; ///< outlives the outbox, whose thread uses it
    std::thread::id m_reader;
    bool m_greeted = false;
    bool m_shutdown = false;
    FrameReader m_frames;
    Outbox m_outbox;
    std::optional<Engine> m_engine;
    std::optional<Requests> m_requests;
    std::optional<RequestLanes> m_lanes;
    std::optional<CardWatch> m_cards;
    std::chrono::steady_clock::time_point m_looked;
};

void Session::send(const Message& message)
{
    QByteArray frame = encodeFrame(message);
    if (std::this_thread::get_id() != m_reader)
        m_outbox.push(std::move(frame));
    else if (!m_outbox.pushNow(std::move(frame)))
        throw Error("the peer asks but does not read the answers", "protocol");
}

void Session::stop()
{
    const std::uint64_t one = 1;
    if (::write(m_wake.fd, &one, sizeof one) < 0) {
        // It is already set.
    }
}

/// @returns false at the end of the input, or when nobody reads our output any more.
bool Session::readSome()
{
    char buffer[64 << 10];
    for (;;) {
        pollfd fds[] = {{m_in, POLLIN, 0}, {m_wake.fd, POLLIN, 0}};
        const int ready = ::poll(fds, 2, static_cast<int>(kWatchInterval.count()));
        if (ready < 0 && errno != EINTR)
            return false;
        watchCards();
        if (ready <= 0)
            continue;
        if (fds[1].revents != 0)
            return false;
        const ssize_t n = ::read(m_in, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        m_frames.feed(buffer, n);
        return true;
    }
}

/// Says so when cards changed behind our back. On another thread: this one never waits for a slow reader.
void Session::watchCards()
{
    const auto now = std::chrono::steady_clock::now();
    if (!m_greeted || now - m_looked < kWatchInterval)
        return;
    m_looked = now;
    if (m_cards->changed())
        m_lanes->later([this] { catalogueChanged(); });
}

void Session::readUntilEnd()
{
    while (!m_shutdown && readSome()) {
        while (const auto payload = m_frames.next()) {
            auto message = decodeMessage(*payload);
            if (message)
                handle(std::move(*message));
            else if (!m_greeted)
                throw Error("the first frame must be 'hello'", "protocol");
            if (m_shutdown)
                return;
        }
    }
}

void Session::checkHello(const Message& message)
{
    const auto* hello = std::get_if<Hello>(&message);
    if (!hello)
        throw Error("the first frame must be 'hello'", "protocol");
    if (hello->protocol != kProtocolVersion)
        throw Error("the window (" + hello->program.substr(0, 80) + " " + hello->version.substr(0, 80) +
                        ") speaks protocol version " + std::to_string(hello->protocol) +
                        ", this engine (assay-cli " + version() + ") speaks version " +
                        std::to_string(kProtocolVersion),
                    {}, "Use a window and an engine of the same version of Assay");
    m_greeted = true;
}

void Session::handle(Message message)
{
    if (!m_greeted)
        return checkHello(message);
    auto* request = std::get_if<Request>(&message);
    if (!request)
        return; // nothing else is for us; a newer window may say more
    if (request->method == "shutdown")
        m_shutdown = true;
    m_lanes->handle(std::move(*request));
}

bool Session::windDown()
{
    const auto end = std::chrono::steady_clock::now() + kEndGrace;
    const auto left = [&] {
        return std::max(milliseconds(0),
                        std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now()));
    };
    m_engine->live().clear();
    m_engine->batch().cancelAll();
    const bool idle =
        m_engine->batch().waitIdle(left()) && m_engine->live().waitIdle(left()) && m_lanes->waitIdle(left());
    m_outbox.drain(kDrainGrace);
    return idle;
}

int Session::run(const std::filesystem::path& workspace)
{
    int status = 0;
    send(Hello{kProtocolVersion, "assay-cli", version()});
    m_engine.emplace(workspace, *this);
    m_requests.emplace(*m_engine, [this](const Message& message) { send(message); });
    m_lanes.emplace(*m_requests);
    m_cards.emplace(m_engine->workspace());
    try {
        readUntilEnd();
    } catch (const Error& error) {
        std::fprintf(stderr, "assay-cli serve: %s\n", error.what());
        m_outbox.pushNow(encodeFrame(Message(Notice{"log", {{"level", "error"}, {"text", error.what()}}})));
        status = kPeerIsWrong;
    }
    if (!windDown()) {
        // A study that does not check, or a peer that does not read: nothing may keep an orphan on the GPU.
        std::fflush(nullptr);
        ::_exit(status);
    }
    m_lanes.reset();
    m_engine.reset();
    return status;
}

} // namespace

ProtocolPipes ProtocolPipes::claim()
{
    std::fflush(stdout);
    ProtocolPipes pipes{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3),
                        ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
        ::dup2(nothing, STDIN_FILENO);
        ::close(nothing);
    }
    return pipes;
}

int serve(ProtocolPipes pipes, const std::filesystem::path& workspace)
{
    return Session(pipes).run(workspace);
}

} // namespace assay::engine
