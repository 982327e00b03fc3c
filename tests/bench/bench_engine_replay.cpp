#include "backend/engine/run_reader.h"
#include "backend/engine/run_writer.h"

#include <benchmark/benchmark.h>

#include <QFile>
#include <QTemporaryDir>

#include <filesystem>

// Replay of a run of about 100 MB of events against reading the same file's bytes in the same process: the
// ratio of the two rates is what decoding costs. A third measures the frames alone, cut but not decoded. Run
// with
//   --benchmark_enable_random_interleaving=true

namespace {

using namespace assay;
using namespace assay::protocol;

constexpr std::int64_t kTargetBytes = 100'000'000;

/// A mixture as long studies leave it: figures with samples, tables, grids of thumbnails, log lines.
Figure figure(int number)
{
    Figure figure;
    figure.name = "figure-" + std::to_string(number % 20);
    for (int l = 0; l < 4; ++l) {
        Layer layer;
        layer.kind = LayerKind::Bars;
        layer.name = "layer " + std::to_string(l);
        for (int i = 0; i < 200; ++i) {
            layer.x.push_back(i);
            layer.y.push_back(1.0 / (i + number + 1));
            layer.samples.add({i, i + 1, i + 2, i + 3, i + 4, i + 5});
        }
        figure.layers.push_back(std::move(layer));
    }
    return figure;
}

ImageGrid grid(int number)
{
    ImageGrid grid;
    grid.name = "gallery";
    grid.variants = {"clean", "perturbation", "adversarial"};
    grid.width = grid.height = 28;
    grid.append = true;
    for (int i = 0; i < 200; ++i)
        grid.ids.push_back(number * 200 + i);
    grid.pixels.resize(grid.pixelBytes());
    for (std::size_t i = 0; i < grid.pixels.size(); ++i)
        grid.pixels[i] = static_cast<std::uint8_t>(i * 31 + static_cast<std::size_t>(number));
    return grid;
}

/// The run all benchmarks read, made once and removed at the end.
const std::filesystem::path& runFolder()
{
    static const QTemporaryDir dir;
    static const std::filesystem::path folder = [] {
        RunSpec spec;
        spec.study = "bench.replay";
        engine::RunWriter writer =
            engine::RunWriter::create(dir.path().toStdString(), spec, "Replay benchmark");
        const auto log = writer.folder() / "events.cbor";
        for (int i = 0; static_cast<std::int64_t>(std::filesystem::file_size(log)) < kTargetBytes; ++i) {
            writer.write(figure(i));
            writer.write(LogLine{LogLevel::Info, "step " + std::to_string(i), 0});
            if (i % 4 == 0)
                writer.write(grid(i));
        }
        return writer.folder();
    }();
    return folder;
}

QString logFile()
{
    return QString::fromStdString((runFolder() / "events.cbor").string());
}

void setBytes(benchmark::State& state)
{
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(QFile(logFile()).size()));
}

void readRaw(benchmark::State& state)
{
    QByteArray block(256 << 10, Qt::Uninitialized);
    const QString name = logFile();
    for ([[maybe_unused]] auto iteration : state) {
        QFile file(name);
        if (!file.open(QIODevice::ReadOnly))
            state.SkipWithError("cannot read");
        while (file.read(block.data(), block.size()) > 0)
            benchmark::DoNotOptimize(block.data());
    }
    setBytes(state);
}

void cutFrames(benchmark::State& state)
{
    QByteArray block(256 << 10, Qt::Uninitialized);
    const QString name = logFile();
    for ([[maybe_unused]] auto iteration : state) {
        QFile file(name);
        if (!file.open(QIODevice::ReadOnly))
            state.SkipWithError("cannot read");
        FrameReader frames;
        for (qint64 n = 0; (n = file.read(block.data(), block.size())) > 0;) {
            frames.feed(block.constData(), n);
            while (const auto payload = frames.next())
                benchmark::DoNotOptimize(payload->data());
        }
    }
    setBytes(state);
}

void replay(benchmark::State& state)
{
    const auto& folder = runFolder();
    for ([[maybe_unused]] auto iteration : state) {
        engine::RunReader reader(folder);
        while (auto event = reader.next())
            benchmark::DoNotOptimize(event);
        state.counters["events"] = static_cast<double>(reader.count());
    }
    setBytes(state);
}

BENCHMARK(readRaw)->Unit(benchmark::kMillisecond)->Repetitions(5)->ReportAggregatesOnly();
BENCHMARK(cutFrames)->Unit(benchmark::kMillisecond)->Repetitions(5)->ReportAggregatesOnly();
BENCHMARK(replay)->Unit(benchmark::kMillisecond)->Repetitions(5)->ReportAggregatesOnly();

} // namespace

BENCHMARK_MAIN();
