// An engine for tests: the protocol without the science.
//     assay_fake_engine MODE serve
// MODE: normal, version (another protocol), garbage (no frames), silent (no hello), quits (exit 3 at once),
// hangs (answers nothing and ignores the end of its input).
// A run does what its parameter "do" says: finish, wait, die, exit, flood, file, missing-file, bad-frame.

#include "backend/protocol/codec.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

using namespace assay;
using namespace assay::protocol;

namespace {

using Clock = std::chrono::steady_clock;

void writeAll(const char* data, std::size_t size)
{
    while (size > 0) {
        const ssize_t n = ::write(1, data, size);
        if (n <= 0)
            std::exit(0);
        data += n;
        size -= std::size_t(n);
    }
}

void send(const Message& message)
{
    const QByteArray frame = encodeFrame(message);
    writeAll(frame.constData(), std::size_t(frame.size()));
}

void reply(std::uint64_t id, Json result, std::vector<std::uint8_t> bytes = {})
{
    send(Reply{id, true, std::move(result), std::move(bytes), {}});
}

struct Job
{
    std::string run;
    RunSpec spec;
};
std::optional<Job> running;
std::uint64_t sequence = 0;
int lastRun = 0;

void sendJobs()
{
    Json jobs = Json::array();
    if (running) {
        jobs.push_back({{"run", running->run},
                        {"study", running->spec.study},
                        {"title", running->spec.title},
                        {"state", "running"},
                        {"stage", "Crafting"},
                        {"done", 1},
                        {"total", 4},
                        {"started", 1.0}});
    }
    send(Notice{"jobs", {{"jobs", jobs}}});
}

void emitEvent(Event event)
{
    send(RunEvent{running->run, ++sequence, false, std::move(event)});
}

Figure figure(const std::string& name, double y, std::size_t points = 2)
{
    Figure f;
    f.name = name;
    f.title = "Figure " + name;
    Layer line;
    line.x.resize(points);
    line.y.assign(points, y);
    for (std::size_t i = 0; i < points; ++i)
        line.x[i] = double(i);
    f.layers.push_back(std::move(line));
    return f;
}

ImageGrid grid(const std::string& name, std::size_t count, bool append = false)
{
    ImageGrid g;
    g.name = name;
    g.variants = {"clean"};
    g.width = g.height = 28;
    g.append = append;
    for (std::size_t i = 0; i < count; ++i)
        g.ids.push_back(std::int64_t(i));
    g.pixels.assign(g.pixelBytes(), std::uint8_t(7));
    return g;
}

/// A grid whose pixels lie in a "file": byte i is i mod 251.
ImageGrid fileGrid()
{
    ImageGrid g = grid("stored", 9000);
    g.pixels.clear();
    g.file = "images/stored.bin";
    return g;
}

void finish(RunState state = RunState::Finished, const std::string& error = {})
{
    emitEvent(RunFinished{state, error, 0.5, Json{{"version", "1"}}});
    running.reset();
    sendJobs();
}

void flood(const Json& params)
{
    const int rounds = params.value("rounds", 300);
    const std::string countFile = params.value("count_file", "");
    for (int i = 0; i < rounds; ++i) {
        for (int k = 0; k < 50; ++k) {
            emitEvent(LogLine{LogLevel::Info, "line " + std::to_string(i * 50 + k), 0});
            emitEvent(Progress{"Flooding", double(i * 50 + k), double(rounds * 50), 1});
        }
        emitEvent(figure("flood", i, 2000));
        emitEvent(grid("flood", 100));
        if (!countFile.empty())
            std::ofstream(countFile) << i + 1;
    }
    finish();
}

void act(const Json& params)
{
    const std::string what = params.value("do", "finish");
    emitEvent(LogLine{LogLevel::Info, "hello from the run", 0});
    emitEvent(Progress{"Crafting", 1, 4, 0.5});
    emitEvent(figure("bars", 1));
    emitEvent(Metric{"accuracy", 0.9, "", "all images", 90, 100, 0.83, 0.94, "Wilson 95 %"});
    if (what == "die")
        ::kill(::getpid(), SIGKILL);
    if (what == "exit") {
        std::fprintf(stderr, "error: out of memory\n");
        std::exit(3);
    }
    if (what == "wait")
        return;
    if (what == "flood") {
        flood(params);
        return;
    }
    if (what == "file" || what == "missing-file") {
        ImageGrid g = fileGrid();
        if (what == "missing-file")
            g.file = "images/none.bin";
        emitEvent(g);
        emitEvent(figure("after", 2));
    }
    if (what == "bad-frame") {
        const char bad[] = {3, 0, 0, 0, '\xff', '\xff', '\xff'};
        writeAll(bad, sizeof bad);
    }
    finish();
}

void replay(const std::string& run)
{
    std::uint64_t n = 0;
    const auto put = [&](Event e) { send(RunEvent{run, ++n, true, std::move(e)}); };
    put(RunStarted{run, RunSpec{"fake.study", Json::object(), 3, "cpu", "An old run"}, Json{{"version", "0"}},
                   1});
    put(figure("bars", 5));
    put(fileGrid());
    put(grid("inline", 2));
    put(grid("inline", 3, true));
    if (run != "unfinished")
        put(RunFinished{RunState::Finished, "", 2, Json{{"version", "1"}}});
}

struct DuePreview
{
    std::uint64_t id;
    std::string run;
    Json params;
    Clock::time_point due;
};
std::optional<DuePreview> preview;
std::optional<DuePreview> superseded;

void answerPreview()
{
    const DuePreview p = *preview;
    preview.reset();
    send(PreviewEvent{p.run, p.id, figure("bars", p.params.value("y", 0.0))});
    send(PreviewEvent{p.run, p.id, figure("extra", p.params.value("y", 0.0))});
    if (superseded) // a late frame of the older preview, which the window must drop
        send(PreviewEvent{p.run, superseded->id, figure("bars", superseded->params.value("y", 0.0))});
    superseded.reset();
    reply(p.id, Json::object());
}

void handle(const Request& request)
{
    const Json& p = request.params;
    const std::string run = p.value("run", "");
    if (request.method == "catalogue") {
        reply(request.id,
              {{"studies", {{{"id", "fake.study"}, {"title", "Fake"}}}}, {"models", Json::array()}});
    } else if (request.method == "runs") {
        reply(request.id, {{"runs", {{{"run", "old"}, {"state", "finished"}}}}});
    } else if (request.method == "run.start") {
        const RunSpec spec = specFromJson(p.at("spec"));
        // Names are never used twice, as those of real runs are not, even when the engine was started again.
        running = Job{"run-" + std::to_string(::getpid()) + "-" + std::to_string(++lastRun), spec};
        sendJobs();
        reply(request.id, {{"run", running->run}});
        emitEvent(RunStarted{running->run, spec, Json{{"version", "1"}}, 1});
        act(spec.params);
    } else if (request.method == "run.cancel") {
        reply(request.id, Json::object());
        if (running)
            finish(RunState::Cancelled);
    } else if (request.method == "run.open") {
        if (run == "none") {
            send(Reply{request.id, false, nullptr, {}, "There is no run 'none'."});
            return;
        }
        replay(run);
        reply(request.id, {{"events", 5}, {"notice", run == "torn" ? "A torn tail was dropped." : ""}});
    } else if (request.method == "run.file") {
        if (p.at("file") != "images/stored.bin") {
            send(Reply{request.id, false, nullptr, {}, "images/none.bin: no such file."});
            return;
        }
        std::vector<std::uint8_t> bytes(p.at("length").get<std::size_t>());
        for (std::size_t i = 0, at = p.at("offset").get<std::size_t>(); i < bytes.size(); ++i)
            bytes[i] = std::uint8_t((at + i) % 251);
        reply(request.id, {{"size", 9000 * 784}}, std::move(bytes));
    } else if (request.method == "preview") {
        if (preview) {
            reply(preview->id, {{"superseded", true}});
            superseded = preview;
        }
        const auto delay = std::chrono::milliseconds(p.at("params").value("delay", 0));
        preview = DuePreview{request.id, run, p.at("params"), Clock::now() + delay};
    } else if (request.method == "say") {
        std::fprintf(stderr, "warning: the disk is nearly full\n");
        send(Notice{"log", {{"level", "info"}, {"text", "said"}}});
        reply(request.id, Json::object());
    } else if (request.method == "exit") {
        std::exit(0);
    } else {
        send(Reply{request.id, false, nullptr, {}, "There is no method '" + request.method + "'."});
    }
}

int serve()
{
    FrameReader frames;
    char buffer[65536];
    for (;;) {
        int timeout = -1;
        if (preview) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(preview->due - Clock::now());
            timeout = int(std::max<long long>(0, left.count()));
        }
        pollfd input{0, POLLIN, 0};
        if (::poll(&input, 1, timeout) == 0) {
            answerPreview();
            continue;
        }
        const ssize_t n = ::read(0, buffer, sizeof buffer);
        if (n <= 0)
            return 0;
        frames.feed(buffer, n);
        while (const auto payload = frames.next()) {
            const auto message = decodeMessage(*payload);
            if (message && std::holds_alternative<Request>(*message))
                handle(std::get<Request>(*message));
        }
    }
}

} // namespace

int main(int argc, char** argv)
{
    const std::string mode = argc > 1 ? argv[1] : "normal";
    if (mode == "quits") {
        std::fprintf(stderr, "error: no device\n");
        return 3;
    }
    if (mode == "garbage") {
        std::puts("Usage: this program does not speak the protocol");
        std::fflush(stdout);
    } else if (mode != "silent") {
        send(Hello{mode == "version" ? kProtocolVersion + 1 : kProtocolVersion, "assay-cli", "9.8.7"});
    }
    // Ignores the closing of its input, as a hung engine would.
    if (mode == "hangs") {
        for (;;)
            std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    return serve();
}
